/**
 * The embedded Postgres: a real one, owned by this process, reached through a unix socket in a directory that only its
 * account may enter. It ends with this process, however that ends: the supervising shell waits for the end of a pipe
 * that only this process holds (spikes.md §6).
 */
import { execFile } from "node:child_process";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { DataDirectoryInUse, lockDataDirectory, type Purpose } from "./data-lock.ts";
import { makeCluster } from "./embedded-cluster.ts";
import { database, type Log, user } from "./embedded-programs.ts";
import { socketDirectory } from "./embedded-socket.ts";
import { supervise } from "./embedded-supervisor.ts";

const run = promisify(execFile);

/** How long a Postgres of an earlier process may take to write its last checkpoint and end, in milliseconds. */
const patience = 60_000;

/** How long one waits without a word for a command that ends by itself, in milliseconds. */
const silence = 2_000;

const silent: Log = { info: () => {}, warn: () => {} };

export interface EmbeddedOptions {
  /** Where the cluster (`postgres/`), its log (`postgres.log`) and the lock (`loggia.pid`) go; made when missing. */
  dataDir: string;
  /** Hears, in a sentence, of what takes time (info) and what went wrong (warn). */
  log?: Log;
  /** False: no fsync. Only for data that may be lost. */
  durable?: boolean;
  /** A command that ends soon; others wait for it instead of giving up. */
  purpose?: Purpose;
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
  purpose = "server",
}: EmbeddedOptions): Promise<Embedded> {
  const directory = resolve(dataDir);
  await makeDataDirectory(directory);
  const lock = await lockAfterCommands(directory, purpose, log);
  try {
    const cluster = join(directory, "postgres");
    await previousEnded(cluster, log);
    const { bin, account } = await makeCluster(cluster, { durable, log });
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

/** Takes the data directory, once the commands that have it are done with it. */
async function lockAfterCommands(directory: string, purpose: Purpose, log: Log) {
  const since = Date.now();
  for (let told = false; ; ) {
    try {
      return await lockDataDirectory(directory, purpose);
    } catch (error) {
      const passing = error instanceof DataDirectoryInUse && error.purpose === "command";
      if (!passing || Date.now() > since + patience) throw error;
      if (!told && Date.now() > since + silence) {
        log.info("Waiting for another loggia command to end");
        told = true;
      }
      await sleep(50);
    }
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

/**
 * Waits for a Postgres that an earlier process left behind: killed with -9, that process is gone before it. A file that
 * names a dead process stays, for Postgres learns from it whether children of that process still live; one whose number
 * now belongs to something else goes, or Postgres would not start.
 */
async function previousEnded(cluster: string, log: Log): Promise<void> {
  const path = join(cluster, "postmaster.pid");
  const deadline = Date.now() + patience;
  for (let told = false; ; told = true) {
    const [pid] = (await readFile(path, "utf8").catch(() => "")).split("\n");
    const name = pid ? await programOf(Number(pid)) : undefined;
    if (name === undefined) return;
    if (!name.includes("postgres")) {
      await rm(path, { force: true });
      return;
    }
    if (Date.now() > deadline)
      throw new Error(`the Postgres of an earlier run (process ${pid}) still uses ${cluster}; end it first`);
    if (!told) log.info("Waiting for the Postgres of an earlier run to end");
    await sleep(20);
  }
}

/** The program that a living process runs; undefined when there is no such process. */
async function programOf(pid: number): Promise<string | undefined> {
  const name =
    process.platform === "linux"
      ? await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")
      : await run("ps", ["-o", "comm=", "-p", String(pid)]).then(
          ({ stdout }) => stdout,
          () => "",
        );
  return name.trim() || undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
