/**
 * A statement that takes its scope along. Alone, it follows `set_config('app.projects', …, true)` in one write, and both are
 * one implicit transaction, at whose end the setting is gone: nothing of it stays on the connection, so this works through
 * PgBouncer in transaction mode. In a transaction the scope comes with its `begin`, and holds to its end.
 *
 * On a connection with nobody in between the setting is made for the session instead, and not again while it stays the same,
 * which is a tenth of what a lone log_metric takes. A statement without a scope then takes the usual one along.
 */
import type { EventEmitter } from "node:events";
import pg from "pg";

/** What a connection that is ours alone has as its setting. */
export interface SessionScope {
  /** Undefined while it is not known: at first, and when a statement that changes it may have failed. */
  setting: string | undefined;
}

/** Under this name connections that prepare statements know what sets the scope. */
const scopeName = "scope";

/**
 * Sets the scope, and answers without a row.
 * @param duration until the end of the transaction, or of the session.
 */
export const scopeStatement = (duration: "transaction" | "session", setting = "") => ({
  name: scopeName,
  text: `select where set_config('app.projects', $1, ${duration === "transaction"}) is null`,
  values: [setting],
});

/** What @types/pg does not tell of pg's Query and Connection, and this file relies on (pg 8.23, lib/query.js). */
interface Connection {
  stream: { write(bytes: Buffer): void };
  parse(message: { text: string; name?: string }): void;
  bind(message: { statement: string; values: string[] }): void;
  execute(message: object): void;
}
interface PgQuery extends EventEmitter {
  text: string;
  values?: unknown[];
  name?: string | undefined;
  callback(error: Error | null, result?: unknown): void;
  submit(connection: Connection): Error | null;
  prepare(connection: Connection): void;
  requiresPreparation(): boolean;
  handleCommandComplete(message: unknown, connection: Connection): void;
  handleReadyForQuery(connection: Connection): void;
}
const PgQuery = pg.Query as unknown as new (text: string, values?: unknown[]) => PgQuery;

const begins = /^(?:begin|start transaction)\b/i;

/** What sets a scope where that is prepared, by setting: few are asked for, and again and again. */
const known = new Map<string, Buffer>();
const mostKnown = 10_000;

/** The messages Bind and Execute of Postgres' protocol (version 3.0, "Message Formats"), with the setting as text. */
function settingBytes(setting: string): Buffer {
  let bytes = known.get(setting);
  if (bytes === undefined) {
    const name = scopeName.length;
    const length = Buffer.byteLength(setting);
    bytes = Buffer.alloc(1 + 4 + 1 + (name + 1) + 2 + 2 + 4 + length + 2 + 10);
    let at = bytes.write("B");
    at = bytes.writeInt32BE(bytes.length - 1 - 10, at);
    at += 1; // the portal without a name
    at += bytes.write(scopeName, at) + 1;
    at += 2; // no formats: all values are text
    at = bytes.writeInt16BE(1, at);
    at = bytes.writeInt32BE(length, at);
    at += bytes.write(setting, at);
    at += 2; // no formats of results
    at += bytes.write("E", at);
    bytes.writeInt32BE(9, at); // the portal without a name, all rows
    if (known.size >= mostKnown) known.clear();
    known.set(setting, bytes);
  }
  return bytes;
}

export type Statement = Pick<pg.QueryConfig, "text" | "values" | "name">;

export interface ScopedQueryOptions {
  /** The scope, as scope.ts writes it. */
  setting: string;
  /** Whether the connection knows `scopeStatement` by its name. */
  isPrepared: boolean;
  /** Of a connection with nobody in between, whose statement was prepared for the session. */
  session: SessionScope | undefined;
  /** Whether the connection is in no transaction; asked when the statement's turn has come. */
  isAlone(): boolean;
}

export class ScopedQuery extends PgQuery {
  readonly #options: ScopedQueryOptions;
  /** While the answer that comes next is the setting's. */
  #isAwaitingScope = false;
  #setsSession = false;

  constructor({ text, values, name }: Statement, options: ScopedQueryOptions) {
    // Of an object pg makes a copy, property by property with its descriptor: 2 % of the server's time for a lone log_metric.
    super(text, values);
    this.name = name;
    this.#options = options;
  }

  override submit(connection: Connection): Error | null {
    const { setting, session, isAlone } = this.#options;
    if (!isAlone() || session?.setting === setting) return super.submit(connection);
    if (begins.test(this.text)) {
      this.text += `; set local app.projects = '${setting}'`;
      return super.submit(connection);
    }
    this.#isAwaitingScope = true;
    if (session !== undefined) {
      session.setting = undefined;
      this.#setsSession = true;
    }
    return super.submit(connection);
  }

  override requiresPreparation(): boolean {
    return this.#isAwaitingScope || super.requiresPreparation();
  }

  override prepare(connection: Connection): void {
    if (this.#isAwaitingScope) {
      // Without Describe: of the answer nothing but its end is of interest.
      const { setting, isPrepared } = this.#options;
      if (isPrepared) connection.stream.write(settingBytes(setting));
      else {
        const { text, values } = scopeStatement("transaction", setting);
        connection.parse({ text });
        connection.bind({ statement: "", values });
        connection.execute({});
      }
    }
    super.prepare(connection);
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.#isAwaitingScope) this.#isAwaitingScope = false;
    else super.handleCommandComplete(message, connection);
  }

  // Not called after an error, which undoes the setting.
  override handleReadyForQuery(connection: Connection): void {
    const { session, setting } = this.#options;
    if (this.#setsSession && session !== undefined) session.setting = setting;
    super.handleReadyForQuery(connection);
  }
}
