/**
 * A statement that takes its scope along. Alone, it follows `set_config('app.projects', …, true)` in one write, and both are
 * one implicit transaction, at whose end the setting is gone: nothing of it stays on the connection, so this works through
 * PgBouncer in transaction mode. In a transaction the scope comes with its `begin`, and holds to its end.
 */
import type { EventEmitter } from "node:events";
import pg from "pg";
import { type Scope, settingOf } from "./scope.ts";

/** Sets the scope, and answers without a row; under a name, for connections that prepare their statements. */
export const scopeStatement = {
  name: "scope",
  text: "select where set_config('app.projects', $1, true) is null",
  values: [""],
};

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
  callback(error: Error | null, result?: unknown): void;
  submit(connection: Connection): Error | null;
  prepare(connection: Connection): void;
  requiresPreparation(): boolean;
  handleCommandComplete(message: unknown, connection: Connection): void;
}
const PgQuery = pg.Query as unknown as new (config: pg.QueryConfig) => PgQuery;

const begins = /^(?:begin|start transaction)\b/i;

/** What sets a scope where `scopeStatement` is prepared, by setting: few are asked for, and again and again. */
const known = new Map<string, Buffer>();
const mostKnown = 10_000;

/** The messages Bind and Execute of Postgres' protocol (version 3.0, "Message Formats"), with the setting as text. */
function settingBytes(setting: string): Buffer {
  let bytes = known.get(setting);
  if (bytes === undefined) {
    const name = scopeStatement.name.length;
    const length = Buffer.byteLength(setting);
    bytes = Buffer.alloc(1 + 4 + 1 + (name + 1) + 2 + 2 + 4 + length + 2 + 10);
    let at = bytes.write("B");
    at = bytes.writeInt32BE(bytes.length - 1 - 10, at);
    at += 1; // the portal without a name
    at += bytes.write(scopeStatement.name, at) + 1;
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

export interface ScopedQueryOptions {
  scope: Scope;
  /** Whether the connection knows `scopeStatement` by its name. */
  isPrepared: boolean;
  /** Whether the connection is in no transaction; asked when the statement's turn has come. */
  isAlone(): boolean;
}

export class ScopedQuery extends PgQuery {
  readonly #options: ScopedQueryOptions;
  /** While the answer that comes next is the setting's. */
  #isAwaitingScope = false;

  constructor(config: pg.QueryConfig, options: ScopedQueryOptions) {
    super(config);
    this.#options = options;
  }

  override submit(connection: Connection): Error | null {
    if (!this.#options.isAlone()) return super.submit(connection);
    if (begins.test(this.text)) {
      this.text += `; set local app.projects = '${settingOf(this.#options.scope)}'`;
      return super.submit(connection);
    }
    this.#isAwaitingScope = true;
    return super.submit(connection);
  }

  override requiresPreparation(): boolean {
    return this.#isAwaitingScope || super.requiresPreparation();
  }

  override prepare(connection: Connection): void {
    if (this.#isAwaitingScope) {
      // Without Describe: of the answer nothing but its end is of interest.
      const { scope, isPrepared } = this.#options;
      if (isPrepared) connection.stream.write(settingBytes(settingOf(scope)));
      else {
        connection.parse({ text: scopeStatement.text });
        connection.bind({ statement: "", values: [settingOf(scope)] });
        connection.execute({});
      }
    }
    super.prepare(connection);
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.#isAwaitingScope) this.#isAwaitingScope = false;
    else super.handleCommandComplete(message, connection);
  }
}
