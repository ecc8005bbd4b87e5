/** The one Postgres on which everything runs: the embedded one, with fsync on. */
import { once } from "node:events";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { startEmbedded } from "../src/store/embedded.ts";

export interface Postgres {
  /** Directory of the socket, and the file in it. */
  host: string;
  socket: string;
  user: string;
  /** Process id of the postmaster. */
  pid: number;
  /** Address of a database, through the socket. */
  url(database: string): string;
  /** Runs statements, without values, one after the other. Resolves with the rows of the last. */
  run(database: string, ...statements: string[]): Promise<Record<string, unknown>[]>;
  /**
   * Lets Postgres log every statement while `action` runs, each line led by "<pid> <database> ". `action` is given a
   * function that returns what was logged since it was called before.
   */
  logged(action: (since: () => Promise<string>) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Postgres on a directory. */
export async function startPostgres(dataDir: string): Promise<Postgres> {
  const { connection, stop } = await startEmbedded({
    dataDir,
    log: { info: console.error, warn: console.error },
  });
  const { host, user } = connection;
  const pid = Number((await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n")[0]);
  const log = join(dataDir, "postgres.log");

  const run = async (database: string, ...statements: string[]) => {
    const client = new pg.Client({ host, user, database });
    await client.connect();
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) ({ rows } = await client.query(statement));
      return rows;
    } finally {
      const ended = once(client, "end");
      await client.end();
      await ended;
    }
  };

  const logged = async (action: (since: () => Promise<string>) => Promise<void>) => {
    const set = async (...statements: string[]) => {
      for (const statement of statements) await run("postgres", statement);
      await run("postgres", "select pg_reload_conf()");
      // Backends read the settings when a signal finds them idle; there is no event to wait for.
      await sleep(200);
    };
    await set("alter system set log_statement = 'all'", "alter system set log_line_prefix = '%p %d '");
    try {
      let position = (await stat(log)).size;
      await action(async () => {
        const file = await open(log);
        const buffer = Buffer.alloc((await file.stat()).size - position);
        const { bytesRead } = await file.read({ buffer, position });
        await file.close();
        position += bytesRead;
        return buffer.toString("utf8", 0, bytesRead);
      });
    } finally {
      await set("alter system reset log_statement", "alter system reset log_line_prefix");
    }
  };

  return {
    host,
    user,
    pid,
    socket: join(host, ".s.PGSQL.5432"),
    url: (database) => `postgresql://${user}@localhost/${database}?host=${encodeURIComponent(host)}`,
    run,
    logged,
    stop,
  };
}
