/** The database that the configuration asks for: a server's, or an embedded one that is started here. */
import type { Config } from "../config.ts";
import { masked } from "../config-values.ts";
import { appRole } from "../store/app-role.ts";
import { type OpenDatabase, openDatabase } from "../store/database.ts";
import { startEmbedded } from "../store/embedded.ts";
import { pendingMigrations } from "../store/migrate.ts";
import { isSecured } from "../store/row-security.ts";

/** What ends a command with one line and exit code 1: the world is not as it must be. */
export class StartError extends Error {
  override readonly name = "StartError";
}

export interface Journal {
  info(message: string): void;
  warn(message: string): void;
}

export interface OpenedDatabase extends OpenDatabase {
  /** In words: `embedded Postgres`, or the server's URL without its password. */
  place: string;
  embedded: boolean;
  /** The migrations that the schema lacks. */
  pending: string[];
  /** Waits for queries in flight, closes the connections and ends an embedded Postgres. */
  close(): Promise<void>;
}

/**
 * @param start a command that ends soon gives joinEmbedded, which works beside a server too.
 * @throws StartError when Postgres cannot be started or reached.
 */
export async function connect(
  config: Config,
  journal: Journal,
  start: typeof startEmbedded = startEmbedded,
): Promise<OpenedDatabase> {
  const { databaseUrl, poolSize, namedStatements, statementTimeout } = config;
  const embedded =
    databaseUrl === undefined
      ? await start({ dataDir: config.dataDir, log: journal }).catch((error: unknown) => {
          throw new StartError(reason(error), { cause: error });
        })
      : undefined;
  const place = databaseUrl === undefined ? "embedded Postgres" : masked(databaseUrl);
  let closing = false;
  const tellBroken = seldom((error) => journal.warn(`connections to the database broke: ${error.message}`));
  const opened = openDatabase({
    connection: embedded?.connection ?? { connectionString: databaseUrl ?? "" },
    poolSize,
    namedStatements,
    statementTimeout,
    // The pool does not wait for Postgres to hear that a connection ends, which may come to hear of Postgres' own end.
    onIdleError: (error) => !closing && tellBroken(error),
  });
  const closeAll = async () => {
    closing = true;
    await opened.close();
    await embedded?.stop();
  };
  try {
    const pending = await pendingMigrations(opened.owner);
    return { ...opened, place, embedded: embedded !== undefined, pending, close: closeAll };
  } catch (error) {
    await closeAll();
    throw new StartError(`cannot use the database (${place}): ${reason(error)}`, { cause: error });
  }
}

/**
 * Sees to it that the second wall between tenants stands (store/row-security.ts), before anyone relies on it.
 * @throws StartError when it does not.
 */
export async function checkSecured({ db, place }: OpenedDatabase): Promise<void> {
  const secured = await isSecured(db).catch((error: unknown) => {
    throw new StartError(
      `cannot work on the database (${place}): ${reason(error)}; "loggia migrate" makes the role ${appRole} and gives it its rights`,
      { cause: error },
    );
  });
  if (!secured)
    throw new StartError(
      `row-level security does not bind this server in the database (${place}): its connections do not take the role ${appRole}. If a pooler leaves out the startup parameter "options", have it pass it on.`,
    );
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
