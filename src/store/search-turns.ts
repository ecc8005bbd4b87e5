import { LoggiaError } from "../errors.ts";
import type { Database } from "./database.ts";
import { type InTurn, turns } from "./turns.ts";

const turnsOf = new WeakMap<Database, InTurn>();

/** Milliseconds that a search waits for its turn. */
const patience = 10_000;

const tooMany = () =>
  new LoggiaError("TEMPORARILY_UNAVAILABLE", "Too many searches are running. Try again.", { retryAfter: 1 });

/** Lets at most half of the `connections` of a pool search at once: a search may take long, and writes must find one free. */
export function limitSearches(db: Database, connections: number): void {
  turnsOf.set(db, turns(Math.max(1, Math.floor(connections / 2)), { after: patience, error: tooMany }));
}

/** Does `search` when it is its turn. @throws TEMPORARILY_UNAVAILABLE when that takes too long. */
export function inTurn<T>(db: Database, search: () => Promise<T>): Promise<T> {
  const atTurn = turnsOf.get(db);
  return atTurn === undefined ? search() : atTurn(search);
}
