/**
 * The embedded Postgres: a real one, owned by this process, reached through a unix socket in a directory that only its
 * account may enter. It ends with this process, however that ends: the supervising shell waits for the end of a pipe
 * that only this process holds (spikes.md §6).
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmod,
  chown,
  type FileHandle,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { lockDataDirectory } from "./data-lock.ts";
import { type Account, environment, findAccount } from "./embedded-account.ts";
import { type Binaries, findBinaries } from "./embedded-binaries.ts";

const run = promisify(execFile);

const user = "loggia";
const database = "loggia";
const port = 5432;

/** Bytes of a socket's path: 108 with the final NUL on Linux, 104 on macOS. */
const longestSocketPath = 103;

/** How long a Postgres of an earlier process may take to write its last checkpoint and end, in milliseconds. */
const patience = 60_000;

/** For a laptop: small memory, no parallel workers for queries that answer in milliseconds, and quiet logs. */
const settings = {
  listen_addresses: "",
  port: String(port),
  unix_socket_permissions: "0700",
  max_connections: "60",
  shared_buffers: "128MB",
  effective_cache_size: "1GB",
  work_mem: "16MB",
  maintenance_work_mem: "64MB",
  max_wal_size: "512MB",
  random_page_cost: "1.1",
  jit: "off",
  max_parallel_workers_per_gather: "0",
  dynamic_shared_memory_type: "mmap",
  log_checkpoints: "off",
  // What a statement did wrong is told to its sender; the file tells of the server itself.
  log_min_messages: "log",
  timezone: "UTC",
  log_timezone: "UTC",
};

/** Names a cluster that is not whole yet. */
const draftPrefix = "postgres.new-";

/** For tests, whose data may vanish. */
const forgetful = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

interface Log {
  info(message: string): void;
  warn(message: string): void;
}

const silent: Log = { info: () => {}, warn: () => {} };

export interface EmbeddedOptions {
  /** Where the cluster (`postgres/`), its log (`postgres.log`) and the lock (`loggia.pid`) go; made when missing. */
  dataDir: string;
  /** Hears, in a sentence, of what takes time (info) and what went wrong (warn). */
  log?: Log;
  /** False: no fsync. Only for data that may be lost. */
  durable?: boolean;
}

export interface Embedded {
  /** For pg: `host` is the directory of the unix socket. */
  connection: { host: string; database: string; user: string };
  /** Ends Postgres (it finishes what is committed, cuts what is not) and leaves the data directory to others. */
  stop(): Promise<void>;
}

/**
 * Starts Postgres on the data directory, after making a cluster in it the first time. When Postgres ends by itself, it
 * is started again.
 *
 * @throws Error with one sentence for the user: no Postgres for this platform, a directory that cannot be written or is
 * in use, a cluster of another version.
 */
export async function startEmbedded({
  dataDir,
  log = silent,
  durable = true,
}: EmbeddedOptions): Promise<Embedded> {
  const directory = resolve(dataDir);
  await makeDataDirectory(directory);
  const lock = await lockDataDirectory(directory);
  try {
    const cluster = join(directory, "postgres");
    const { bin, account } = await makeCluster(cluster, { durable, log });
    await previousEnded(cluster, log);
    const socket = await socketDirectory(cluster, account);
    const server = await supervise({ bin, account, cluster, socket, directory, durable, log });
    return {
      connection: { host: socket, database, user },
      stop: async () => {
        await server.stop();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function makeDataDirectory(directory: string): Promise<void> {
  try {
    // Root's Postgres runs as another user, who must be able to pass (not to list) the directory.
    await mkdir(directory, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    const probe = join(directory, `.probe.${process.pid}`);
    await (await open(probe, "w")).close();
    await rm(probe);
  } catch (error) {
    throw new Error(`cannot write to the data directory ${directory} (${codeOf(error)})`, { cause: error });
  }
}

/** Finds who can run which Postgres on the cluster, and makes the cluster when there is none. */
async function makeCluster(
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
    const child = run(file, words, { ...account.ids, cwd: "/", env: environment });
    child.child.stdin?.end(input);
    await child.catch((error: { stderr?: string; message: string }) => {
      throw new Error(`could not create the database: ${lastLine(error.stderr) ?? error.message}`, {
        cause: error,
      });
    });
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

/**
 * Waits for a Postgres that an earlier process left behind: killed with -9, that process is gone before it. Removes the
 * file which names it, when its number now belongs to something else.
 */
async function previousEnded(cluster: string, log: Log): Promise<void> {
  const path = join(cluster, "postmaster.pid");
  const deadline = Date.now() + patience;
  for (let told = false; ; told = true) {
    const [pid] = (await readFile(path, "utf8").catch(() => "")).split("\n");
    if (pid === undefined || pid === "") return;
    if (!(await isPostgres(Number(pid)))) {
      await rm(path, { force: true });
      return;
    }
    if (Date.now() > deadline)
      throw new Error(`the Postgres of an earlier run (process ${pid}) still uses ${cluster}; end it first`);
    if (!told) log.info("Waiting for the Postgres of an earlier run to end");
    await sleep(20);
  }
}

async function isPostgres(pid: number): Promise<boolean> {
  if (process.platform === "linux") {
    const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
    return name.startsWith("postgres");
  }
  const { stdout } = await run("ps", ["-o", "comm=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.includes("postgres");
}

/** The cluster's own directory, or a private short one where the socket's path would be too long. */
async function socketDirectory(cluster: string, account: Account): Promise<string> {
  const fits = (directory: string) =>
    Buffer.byteLength(join(directory, `.s.PGSQL.${port}`)) <= longestSocketPath;
  if (fits(cluster)) return cluster;
  const name = `loggia-${createHash("sha256").update(cluster).digest("hex").slice(0, 8)}-`;
  const base = fits(join(tmpdir(), `${name}XXXXXX`)) ? tmpdir() : "/tmp";
  const directory = await mkdtemp(join(base, name));
  await makePrivate(directory, account);
  return directory;
}

/** Makes sure that the directory of the socket is there and that only Postgres' account may enter it. */
async function makePrivate(directory: string, { owner }: Account): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // As root the first time; afterwards whoever else owns it has put it there.
  const { uid } = await lstat(directory);
  if (uid === process.getuid?.() && uid !== owner.uid) await chown(directory, owner.uid, owner.gid);
  else if (uid !== owner.uid) throw new Error(`${directory} belongs to another user`);
  if (((await lstat(directory)).mode & 0o777) !== 0o700) await chmod(directory, 0o700);
}

interface Server {
  bin: string;
  account: Account;
  cluster: string;
  socket: string;
  directory: string;
  durable: boolean;
  log: Log;
}

/** Starts Postgres, and again whenever it ends although nobody asked for it. */
async function supervise(server: Server): Promise<{ stop(): Promise<void> }> {
  let current = await launch(server);
  let stopping = false;
  const watch = async () => {
    for (;;) {
      await ended(current);
      if (stopping) return;
      server.log.warn("Postgres ended unexpectedly; starting it again");
      while (!stopping) {
        try {
          current = await launch(server);
          break;
        } catch (error) {
          server.log.warn(error instanceof Error ? error.message : String(error));
          await sleep(1000);
        }
      }
    }
  };
  const watching = watch();
  return {
    stop: async () => {
      stopping = true;
      current.stdin?.end();
      await ended(current);
      await watching;
    },
  };
}

/**
 * The shell that stands between this process and Postgres: it says Postgres' process id, asks it to end (a "fast"
 * shutdown) when its input closes, and ends with it. It ignores the signals of a terminal; `detached` keeps them from
 * Postgres, which must outlive the requests that are still in flight. $1: a directory to remove at the end, or "".
 */
const supervisor = `
trap "" INT TERM HUP
scratch=$1; shift
exec 3<&0
"$@" </dev/null 1>&2 3<&- & server=$!
echo "$server"
(cat <&3 >/dev/null; kill -INT "$server") >/dev/null & watcher=$!
exec 3<&- >/dev/null
wait "$server"; status=$?
kill "$watcher" 2>/dev/null
[ -z "$scratch" ] || rm -rf "$scratch"
exit "$status"
`;

/** Starts Postgres once and returns when it takes connections. */
async function launch(server: Server): Promise<ChildProcess> {
  const { bin, account, cluster, socket, directory, durable } = server;
  const logPath = join(directory, "postgres.log");
  const logFile = await openLog(logPath);
  const logged = (await logFile.stat()).size;
  const options = { ...settings, unix_socket_directories: socket, ...(durable ? {} : forgetful) };
  const scratch = socket === cluster ? "" : socket;
  if (scratch !== "") await makePrivate(scratch, account);
  const command = [join(bin, "postgres"), "-D", cluster, ...flags(options)];
  const [file = "sh", ...args] = [...account.prefix, "/bin/sh", "-c", supervisor, "sh", scratch, ...command];
  const child = spawn(file, args, {
    ...account.ids,
    cwd: "/",
    env: environment,
    detached: true,
    stdio: ["pipe", "pipe", logFile.fd],
  });
  // Writing to a shell that is gone is no news: `ended` tells.
  child.stdin?.on("error", () => {});
  let over = false;
  const end = ended(child).then(() => {
    over = true;
  });
  await logFile.close();
  const pid = await firstLine(child, end);
  const status = join(cluster, "postmaster.pid");
  while (!over) {
    const lines = (await readFile(status, "utf8").catch(() => "")).split("\n");
    // The eighth line is what pg_ctl waits for, too.
    if (lines[0] === pid && lines[7]?.trim() === "ready") return child;
    await Promise.race([sleep(10), end]);
  }
  const said = await readFile(logPath, "utf8").catch(() => "");
  throw new Error(
    `Postgres did not start: ${lastLine(said.slice(logged)) ?? "no reason given"} (see ${logPath})`,
  );
}

/** Appends to the log of Postgres, which starts anew when it is over 10 MB. */
async function openLog(path: string): Promise<FileHandle> {
  const file = await open(path, "a", 0o600);
  if ((await file.stat()).size > 10 * 1024 * 1024) await file.truncate();
  return file;
}

async function firstLine(child: ChildProcess, end: Promise<void>): Promise<string> {
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  while (!text.includes("\n"))
    if ((await Promise.race([child.stdout ? once(child.stdout, "data") : end, end])) === undefined) break;
  return text.trim();
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await once(child, "exit");
}

function flags(options: Record<string, string>): string[] {
  return Object.entries(options).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** The last line that says why, of what Postgres' programs print. */
function lastLine(text: string | undefined): string | undefined {
  const lines = (text ?? "").split("\n").filter((line) => line.trim() !== "");
  const line = lines.findLast((one) => /FATAL|PANIC|error:/.test(one)) ?? lines.at(-1);
  return line?.replace(/^.*?(FATAL|PANIC|error):\s*/, "");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
