/** The database that the configuration asks for: a server's, or an embedded one that is started here. */
import type { Config } from "../config.ts";
import { masked } from "../config-values.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { startEmbedded } from "../store/embedded.ts";
import { pendingMigrations } from "../store/migrate.ts";

/** What ends a command with one line and exit code 1: the world is not as it must be. */
export class StartError extends Error {
  override readonly name = "StartError";
}

export interface Journal {
  info(message: string): void;
  warn(message: string): void;
}

export interface OpenedDatabase {
  db: Database;
  /** As openDatabase gives it. */
  ping(): Promise<void>;
  /** In words: `embedded Postgres`, or the server's URL without its password. */
  place: string;
  embedded: boolean;
  /** The migrations that the schema lacks. */
  pending: string[];
  /** Waits for queries in flight, closes the connections and ends an embedded Postgres. */
  close(): Promise<void>;
}

/** @throws StartError when Postgres cannot be started or reached. */
export async function connect(config: Config, journal: Journal): Promise<OpenedDatabase> {
  const { databaseUrl, poolSize, namedStatements, statementTimeout } = config;
  const embedded =
    databaseUrl === undefined
      ? await startEmbedded({ dataDir: config.dataDir, log: journal }).catch((error: unknown) => {
          throw new StartError(reason(error), { cause: error });
        })
      : undefined;
  const place = databaseUrl === undefined ? "embedded Postgres" : masked(databaseUrl);
  const { db, ping, close } = openDatabase({
    connection: embedded?.connection ?? { connectionString: databaseUrl ?? "" },
    poolSize,
    namedStatements,
    statementTimeout,
    onIdleError: seldom((error) => journal.warn(`connections to the database broke: ${error.message}`)),
  });
  const closeAll = async () => {
    await close();
    await embedded?.stop();
  };
  try {
    const pending = await pendingMigrations(db);
    return { db, ping, place, embedded: embedded !== undefined, pending, close: closeAll };
  } catch (error) {
    await closeAll();
    throw new StartError(`cannot use the database (${place}): ${reason(error)}`, { cause: error });
  }
}

/** Passes on the first of several errors within a second: when a database goes, all connections break at once. */
function seldom(tell: (error: Error) => void): (error: Error) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (performance.now() - last < 1_000) return;
    last = performance.now();
    tell(error);
  };
}

/** What is at the bottom of an error, in one line. */
export function reason(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(reason).join(", ");
  if (!(error instanceof Error)) return String(error);
  if (error.name === "LoggiaError" && error.cause !== undefined) return reason(error.cause);
  return error.message.replaceAll(/\s*\n\s*/g, " ");
}
