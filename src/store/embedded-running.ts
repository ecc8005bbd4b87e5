/** The embedded Postgres that another process of ours, a server, runs on the same data directory. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DataDirectoryInUse } from "./data-lock.ts";
import { type Embedded, type EmbeddedOptions, startEmbedded } from "./embedded.ts";
import { database, user } from "./embedded-programs.ts";

/** How long a server may take to start its Postgres, or to end, in milliseconds. */
const patience = 30_000;

/**
 * For a command: the Postgres of the server that runs on the data directory, or, when none runs, one that is started for the
 * command and ends at `stop`.
 *
 * @throws Error with one sentence for the user, as startEmbedded.
 */
export async function joinEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      return await startEmbedded({ ...options, purpose: "command" });
    } catch (error) {
      if (!(error instanceof DataDirectoryInUse) || error.purpose === "command") throw error;
      const host = await socketOf(resolve(options.dataDir));
      if (host !== undefined) return { connection: { host, database, user }, stop: async () => {} };
      // Between its lock and its Postgres, at either end.
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

/** The directory of the socket at which a Postgres takes connections; undefined while there is none. */
async function socketOf(directory: string): Promise<string | undefined> {
  const path = join(directory, "postgres", "postmaster.pid");
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EACCES")
      throw new Error(`the server on ${directory} runs as another user: run this command as that user`);
    return "";
  });
  const lines = text.split("\n");
  return lines[7]?.trim() === "ready" ? lines[4] : undefined;
}
