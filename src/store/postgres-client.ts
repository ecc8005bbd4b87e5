/** pg's client, with what every connection of ours has: names for errors, a limit to silence, a scope, prepared statements. */
import { createHash } from "node:crypto";
import { sql } from "kysely";
import pg from "pg";
import { currentSignal, orCancel } from "./cancellation.ts";
import { DatabaseAway, named } from "./postgres-errors.ts";
import { currentScope, settingOf } from "./scope.ts";
import { ScopedQuery, type SessionScope, type Statement, scopeStatement } from "./scoped-query.ts";

/** How long an answer is waited for, since a connection of which nothing is heard looks like one that is busy. */
export interface Patience {
  /** Milliseconds after which a statement is given up. Longer than Postgres itself lets it run. */
  limit: number;
  /** Asked every `doubt` milliseconds of waiting; the statement is given up as well when it says no. */
  answers?: () => Promise<boolean>;
  doubt?: number;
}

export type ClientConfig = pg.ClientConfig & {
  patience: Patience;
  /** What statements outside of any scope see, as scope.ts writes it: nothing when absent. */
  usualScope?: string | undefined;
};

/**
 * Gives the errors of every query their names, ends the connection when one is not answered in time, and sends the scope
 * of the work that asks along (scope.ts).
 */
export class PlainClient extends pg.Client {
  readonly #patience: Patience;
  readonly #config: ClientConfig;

  constructor(config: ClientConfig) {
    super(config);
    this.#patience = config.patience;
    this.#config = config;
  }

  // biome-ignore lint/suspicious/noExplicitAny: pg's query has a dozen overloads; this passes its arguments on.
  override query(...args: any[]): any {
    const [first, values] = args;
    if (typeof first?.submit === "function" || typeof args.at(-1) === "function")
      throw new TypeError("a statement with a way of its own to be sent would go without its scope");
    const scope = currentScope();
    const setting = scope !== undefined ? settingOf(scope) : this.#session && (this.#config.usualScope ?? "");
    const result: Promise<unknown> =
      setting === undefined
        ? Reflect.apply(super.query, this, args)
        : this.#within(setting, typeof first === "string" ? { text: first, values } : first);
    const signal = currentSignal();
    return this.#awaited(signal === undefined ? result : orCancel(result, signal, this, this.#config));
  }

  /** Whether this connection has prepared what sets the scope. */
  #isScopePrepared = false;
  #session: SessionScope | undefined;

  /**
   * Prepares what sets the scope, so that each statement has less to send; once, before any other statement. For the session,
   * where the process that Postgres says it is is the one that greeted: poolers greet with numbers of their own.
   */
  async prepareScope(): Promise<void> {
    const ask = "select pg_backend_pid() as id";
    const { rows } = await this.#awaited(super.query<{ id: number }>(ask));
    const isDirect = rows[0]?.id === (this as unknown as { processID: number | null }).processID;
    if (isDirect) this.#session = { setting: undefined };
    const setting = this.#config.usualScope;
    await this.#awaited(super.query(scopeStatement(isDirect ? "session" : "transaction", setting)));
    this.#isScopePrepared = true;
  }

  #within(setting: string, statement: Statement): Promise<unknown> {
    const query = new ScopedQuery(statement, {
      setting,
      isPrepared: this.#isScopePrepared,
      session: this.#session,
      isAlone: () => this.getTransactionStatus() === "I",
    });
    return new Promise((resolve, reject) => {
      query.callback = (error, result) => (error ? reject(error) : resolve(result));
      super.query(query as unknown as pg.Submittable);
    });
  }

  #awaited<T>(result: Promise<T>): Promise<T> {
    const { limit, answers, doubt = limit } = this.#patience;
    let over = false;
    let givenUp = false;
    let waited = 0;
    const giveUp = () => {
      // The answer may have arrived while this process was busy: it is read before this comes to pass.
      setImmediate(() => {
        if (over) return;
        givenUp = true;
        void this.end();
      });
    };
    const wait = (milliseconds: number): NodeJS.Timeout =>
      setTimeout(async () => {
        waited += milliseconds;
        if (waited >= limit || (answers !== undefined && !(await answers()))) giveUp();
        else if (!over) timer = wait(Math.min(doubt, limit - waited));
      }, milliseconds);
    let timer = wait(Math.min(doubt, limit));
    const end = () => {
      over = true;
      clearTimeout(timer);
    };
    return result.then(
      (answer) => {
        end();
        return answer;
      },
      (error) => {
        end();
        throw givenUp ? new DatabaseAway(error) : named(error);
      },
    );
  }
}

const unprepared = "/* plan each time */";

/**
 * Begins a statement whose best plan depends on its values, such as a search: it is not prepared. A prepared one is, from
 * its sixth execution, planned for values of average rarity, which can be hundreds of times slower.
 */
export const planEachTime = sql.raw(unprepared);

/** Prepares every statement that has parameters under a name made from its text, so that Postgres plans it once per connection. */
export class NamedClient extends PlainClient {
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
