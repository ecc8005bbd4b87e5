import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Kysely, PostgresDialect, sql, type Transaction } from "kysely";
import pg from "pg";
import type { DB } from "../../gen/db.ts";
import { LoggiaError } from "../errors.ts";

/** The typed query builder over the schema of gen/db.ts. int8 is bigint in both directions; float8 is number, NaN and ±Infinity included. */
export type Database = Kysely<DB>;

export interface DatabaseOptions {
  /** `postgres://…`, or host (a directory for a unix socket), database and user. */
  connection: { connectionString: string } | { host: string; database: string; user: string };
  /** Connections at most. */
  poolSize: number;
  /** Whether statements are prepared by name: 20–50 % less work for Postgres; off for PgBouncer before 1.21. */
  namedStatements: boolean;
  /** Milliseconds after which Postgres ends a statement. */
  statementTimeout: number;
  /** Hears of connections that broke while idle; the pool replaces them by itself. */
  onIdleError?: (error: Error) => void;
}

const types = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === pg.types.builtins.INT8
      ? BigInt
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** Opens a pool. Nothing connects before the first query. `close` waits for queries in flight. */
export function openDatabase(options: DatabaseOptions): { db: Database; close(): Promise<void> } {
  const pool = new pg.Pool({
    ...options.connection,
    Client: options.namedStatements ? NamedClient : PlainClient,
    max: options.poolSize,
    types,
    connectionTimeoutMillis: 2_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: "loggia",
    // A search of one page gains nothing from worker processes or compiled plans, and pays for their start (spikes.md §5).
    // Every table has an index for each of its queries; a plan that Postgres made while a table was small, and keeps for
    // a named statement, must not read all of it once it has grown.
    options: [
      `statement_timeout=${options.statementTimeout}`,
      "lock_timeout=5000",
      "jit=off",
      "max_parallel_workers_per_gather=0",
      "enable_seqscan=off",
    ]
      .map((setting) => `-c ${setting}`)
      .join(" "),
  } as pg.PoolConfig);
  pool.on("error", (error) => options.onIdleError?.(error));
  // The pool listens to idle connections only. One that breaks in use fails its query, and must not end the process besides.
  pool.on("connect", (client) => client.on("error", () => {}));
  const db = new Kysely<DB>({
    dialect: new PostgresDialect({
      pool: {
        options: {},
        connect: () => pool.connect().catch((error) => Promise.reject(unavailable(error))),
        end: () => pool.end(),
      },
    }),
  });
  return { db, close: () => db.destroy() };
}

/** Gives the errors of every query their names. */
class PlainClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: pg's query has a dozen overloads; this passes its arguments on.
  override query(...args: any[]): any {
    const result = Reflect.apply(super.query, this, args);
    return result instanceof Promise ? result.catch((error) => Promise.reject(named(error))) : result;
  }
}

const unprepared = "/* plan each time */";

/**
 * Begins a statement whose best plan depends on its values, such as a search: it is not prepared. A prepared one is, from
 * its sixth execution, planned for values of average rarity, which can be hundreds of times slower.
 */
export const planEachTime = sql.raw(unprepared);

/** Prepares every statement that has parameters under a name made from its text, so that Postgres plans it once per connection. */
class NamedClient extends PlainClient {
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  override query(...args: any[]): any {
    const [text, values, ...rest] = args;
    if (typeof text === "string" && text.startsWith(unprepared)) return super.query(...args);
    if (typeof text !== "string" || !Array.isArray(values) || values.length === 0)
      return super.query(...args);
    const name = statementName(text);
    return name === undefined ? super.query(...args) : super.query({ text, values, name }, ...rest);
  }
}

// Searches make statements without end; only the first texts of a process are named, which are the hot ones.
const statementNames = new Map<string, string>();
const mostNamedStatements = 500;

function statementName(text: string): string | undefined {
  const known = statementNames.get(text);
  if (known !== undefined) return known;
  if (statementNames.size >= mostNamedStatements || text.length > 20_000) return undefined;
  const name = createHash("sha1").update(text).digest("base64url");
  statementNames.set(text, name);
  return name;
}

const retryAfter = 1;

const unavailable = (cause: unknown) =>
  new LoggiaError("TEMPORARILY_UNAVAILABLE", "The database cannot be reached at the moment. Try again.", {
    cause,
    retryAfter,
  });

/** The LoggiaError for a Postgres error by its SQLSTATE, or the error itself when no caller could be to blame. */
function named(error: unknown): unknown {
  const state = sqlState(error);
  if (state === undefined) return isConnectionLoss(error) ? unavailable(error) : error;
  if (state === "57014")
    return new LoggiaError(
      "INVALID_PARAMETER_VALUE",
      "The request took longer than the server allows and was stopped. Narrow it: fewer experiments, a more selective filter, or fewer results.",
      { cause: error },
    );
  if (/^(08|53|57P|40001|40P01|55P03|25P03)/.test(state)) return unavailable(error);
  // 22: a value that Postgres cannot hold, such as a NUL character. What gets here slipped past the checks of the service.
  if (/^22/.test(state))
    return new LoggiaError("INVALID_PARAMETER_VALUE", "A value of the request cannot be stored.", {
      cause: error,
    });
  return error;
}

/** The SQLSTATE of a Postgres error, or of the one that caused it. */
export function sqlState(error: unknown): string | undefined {
  if (error instanceof pg.DatabaseError) return error.code;
  return error instanceof Error && error.cause !== undefined ? sqlState(error.cause) : undefined;
}

const isConnectionLoss = (error: unknown) =>
  error instanceof Error &&
  (/^(ECONN|EPIPE|ENOENT|ETIMEDOUT)/.test(String((error as NodeJS.ErrnoException).code)) ||
    /Connection terminated|timeout exceeded when trying to connect|not queryable/.test(error.message));

const attempts = 4;

/**
 * Runs `work` in one transaction, again when Postgres asks for it (deadlock, serialization failure). `work` must have no
 * effect but its queries.
 */
export async function transaction<T>(db: Database, work: (tx: Transaction<DB>) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      const state = sqlState(error);
      if (attempt === attempts || (state !== "40001" && state !== "40P01")) throw error;
      await sleep(Math.random() * 20 * 2 ** attempt);
    }
  }
}
