import { LoggiaError } from "../errors.ts";
import type { Database } from "./database.ts";

/** Searches of one pool of connections: how many run, and who waits for a turn. */
interface Turns {
  most: number;
  running: number;
  waiting: Set<() => void>;
}

const turnsOf = new WeakMap<Database, Turns>();

/** Milliseconds that a search waits for its turn. */
const patience = 10_000;

/** Lets at most half of the `connections` of a pool search at once: a search may take long, and writes must find one free. */
export function limitSearches(db: Database, connections: number): void {
  turnsOf.set(db, { most: Math.max(1, Math.floor(connections / 2)), running: 0, waiting: new Set() });
}

/** Does `search` when it is its turn. @throws TEMPORARILY_UNAVAILABLE when that takes too long. */
export async function inTurn<T>(db: Database, search: () => Promise<T>): Promise<T> {
  const turns = turnsOf.get(db);
  if (turns === undefined) return await search();
  if (turns.running >= turns.most) await turn(turns);
  else turns.running++;
  try {
    return await search();
  } finally {
    const [next] = turns.waiting;
    if (next === undefined) turns.running--;
    else next();
  }
}

/** Resolves when a search that ends has passed its place on. */
const turn = ({ waiting }: Turns) =>
  new Promise<void>((resolve, reject) => {
    const take = () => {
      clearTimeout(timer);
      waiting.delete(take);
      resolve();
    };
    const timer = setTimeout(() => {
      waiting.delete(take);
      reject(new LoggiaError("TEMPORARILY_UNAVAILABLE", tooMany, { retryAfter: 1 }));
    }, patience);
    waiting.add(take);
  });

const tooMany = "Too many searches are running. Try again.";
