/** Postgres as a child of this process: started, started again when it ends by itself, ended with this process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "./embedded-account.ts";
import { environment, flags, forgetful, type Log, lastLine, settings } from "./embedded-programs.ts";
import { makePrivate } from "./embedded-socket.ts";

export interface Server {
  bin: string;
  account: Account;
  cluster: string;
  socket: string;
  directory: string;
  durable: boolean;
  log: Log;
}

/** Starts Postgres, and again whenever it ends although nobody asked for it. */
export async function supervise(server: Server): Promise<{ stop(): Promise<void> }> {
  let current = await launchFirst(server);
  let stopping = false;
  const watch = async () => {
    for (;;) {
      // Asked to stop while Postgres was being started again.
      if (stopping) current.stdin?.end();
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

/** How long the children of a Postgres that was killed may still hold its memory, in milliseconds. */
const patience = 10_000;

async function launchFirst(server: Server): Promise<ChildProcess> {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      return await launch(server);
    } catch (error) {
      const held = error instanceof Error && error.message.includes("shared memory block");
      if (!held || Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
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
