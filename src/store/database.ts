import { setTimeout as sleep } from "node:timers/promises";
import { Kysely, PostgresDialect, type Transaction } from "kysely";
import pg from "pg";
import type { DB } from "../../gen/db.ts";
import { appRole } from "./app-role.ts";
import { type Listening, listen } from "./notifications.ts";
import { NamedClient, type Patience, PlainClient } from "./postgres-client.ts";
import { DatabaseAway, isConnectionLost, sqlState } from "./postgres-errors.ts";
import { limitSearches } from "./search-turns.ts";

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
  /** What statements see that are sent outside of any scope (scope.ts): nothing, or for whoever rules the server, all. */
  projects?: "all" | undefined;
  /** Hears of connections that broke while idle; the pool replaces them by itself. */
  onIdleError?: (error: Error) => void;
}

const types = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === pg.types.builtins.INT8
      ? BigInt
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** Milliseconds for a connection, or a free one; for an answer to the simplest question; of silence that raise a doubt. */
const connectTimeout = 2_000;
const pingTimeout = 2_000;
const doubt = 5_000;

export interface OpenDatabase {
  /** Acts as the role of app-role.ts: it reads and writes rows, in the scope of the work that asks. */
  db: Database;
  /** Acts as the user who connects, who owns the tables, and sees all projects; for migrations. One connection. */
  owner: Database;
  /** Asks the database for an answer on a connection of its own, so however busy the pool is. Rejects within seconds. */
  ping(): Promise<void>;
  /** Listens to a channel on a connection of its own (notifications.ts); to be closed before this database is. */
  listen(channel: string, heard: (said: string) => void): Listening;
  /** Waits for queries in flight. */
  close(): Promise<void>;
}

/** Opens a pool. Nothing connects before the first query. */
export function openDatabase(options: DatabaseOptions): OpenDatabase {
  const { statementTimeout, namedStatements, poolSize, projects } = options;
  const pinging = openPool(options, { size: 1, patience: { limit: pingTimeout }, settings: [] });
  const ping = () => pingOnce(pinging);
  const patience = {
    limit: statementTimeout + 2_000,
    doubt,
    answers: shared(() => ping().then(() => true, isRefusal)),
  };
  const asApp = { settings: [`role=${appRole}`], usualScope: projects };
  const db = kyselyOn(openPool(options, { size: poolSize, namedStatements, patience, ...asApp }));
  limitSearches(db, poolSize);
  const owner = kyselyOn(openPool(options, { size: 1, patience, settings: [], usualScope: "all" }));
  return {
    db,
    owner,
    ping,
    listen(channel, heard) {
      const pool = openPool(options, { size: 1, patience, settings: [] });
      const listening = listen(() => pool.connect(), channel, heard);
      return {
        async close() {
          await listening.close();
          await pool.end();
        },
      };
    },
    close: async () => {
      await Promise.all([db.destroy(), owner.destroy(), pinging.end()]);
    },
  };
}

const kyselyOn = (pool: pg.Pool): Database =>
  new Kysely<DB>({
    dialect: new PostgresDialect({
      pool: {
        options: {},
        connect: () => pool.connect().catch((error) => Promise.reject(new DatabaseAway(error))),
        end: () => pool.end(),
      },
    }),
  });

interface Connections {
  /** At most. */
  size: number;
  patience: Patience;
  /** What they set besides, `name=value`. */
  settings: readonly string[];
  /** What statements outside of any scope see; nothing when absent. */
  usualScope?: "all" | undefined;
  namedStatements?: boolean;
}

function openPool(
  { connection, statementTimeout, onIdleError }: DatabaseOptions,
  { size, patience, settings, usualScope, namedStatements = false }: Connections,
): pg.Pool {
  const Client = namedStatements ? NamedClient : PlainClient;
  const config = {
    ...connection,
    // To pg's types a client is made of nothing; it is made of this very object.
    Client: Client as unknown as new () => pg.ClientBase,
    patience,
    usualScope,
    max: size,
    types,
    connectionTimeoutMillis: connectTimeout,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    // A dead peer is found in twice that, and no firewall in between forgets a connection for being idle.
    keepAliveInitialDelayMillis: 10_000,
    application_name: "loggia",
    // A search of one page gains nothing from worker processes or compiled plans, and pays for their start (spikes.md §5).
    // Every table has an index for each of its queries; a plan that Postgres made while a table was small, and keeps for
    // a named statement, must not read all of it once it has grown.
    options: [
      `statement_timeout=${statementTimeout}`,
      "lock_timeout=5000",
      // A server that is frozen or cut off in the middle of a transaction must not hold its locks for ever.
      "idle_in_transaction_session_timeout=10000",
      "jit=off",
      "max_parallel_workers_per_gather=0",
      "enable_seqscan=off",
      ...settings,
      ...(usualScope === undefined ? [] : [`app.projects=${usualScope}`]),
    ]
      .map((setting) => `-c ${setting}`)
      .join(" "),
    ...(namedStatements && { onConnect: (client: pg.ClientBase) => (client as NamedClient).prepareScope() }),
  };
  const pool = new pg.Pool(config);
  pool.on("error", (error) => onIdleError?.(error));
  // The pool listens to idle connections only. One that breaks in use fails its query, and must not end the process besides.
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

async function pingOnce(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("select 1");
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** Postgres that says no, as when it has too many connections, is there. */
const isRefusal = (error: unknown) => sqlState(error) !== undefined;

/** Calls that come while one is under way share its outcome. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | undefined;
  return () => {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

const attempts = 4;

/** By transaction: what is to be done once it is committed. */
const consequences = new WeakMap<Database, ((db: Database) => void)[]>();

/**
 * Does `work` once what was written in `db` is committed: at once, unless it is a transaction. `work` is given the database
 * outside of the transaction.
 */
export function onceCommitted(db: Database, work: (db: Database) => void): void {
  const later = consequences.get(db);
  if (later === undefined) work(db);
  else later.push(work);
}

/**
 * Runs `work` in one transaction; again when Postgres asks for it (deadlock, serialization failure), and when the connection
 * is lost before the commit was sent. What becomes of a commit without an answer is not known: that is for the caller of
 * the API to find out. `work` must have no effect but its queries, or one that can be repeated. Within a transaction it is a
 * part of that one.
 */
export async function transaction<T>(db: Database, work: (tx: Transaction<DB>) => Promise<T>): Promise<T> {
  if (db.isTransaction) return work(db as Transaction<DB>);
  for (let attempt = 1; ; attempt++) {
    let done = false;
    let failure: unknown;
    const later: ((db: Database) => void)[] = [];
    try {
      const result = await db.transaction().execute(async (tx) => {
        consequences.set(tx, later);
        try {
          const found = await work(tx);
          done = true;
          return found;
        } catch (error) {
          failure = error;
          throw error;
        }
      });
      for (const one of later) one(db);
      return result;
    } catch (error) {
      // On a lost connection the rollback fails too, and its error would hide the reason.
      const reason = failure ?? error;
      const again =
        ["40001", "40P01"].includes(sqlState(reason) ?? "") || (!done && isConnectionLost(reason));
      if (attempt === attempts || !again) throw reason;
      await sleep(Math.random() * 20 * 2 ** attempt);
    }
  }
}
