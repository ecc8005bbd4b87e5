/**
 * Which projects the statements of a piece of work may see: the second wall between tenants (docs/security.md, "Isolation
 * twice"). The first is the project in every query; this one holds when an author forgets it. The scope goes with the work
 * through awaits, is sent with each statement (scoped-query.ts) and enforced by Postgres (migrations/0008_row_security.ts).
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** `all` is for work that belongs to no caller, and for finding out in which project a caller is. */
export type Scope = readonly bigint[] | "all";

const scopes = new AsyncLocalStorage<Scope | undefined>();

/**
 * Does `work`, whose statements see and change rows of `projects` alone; undefined: as if outside of any scope. What `work`
 * starts has the same scope.
 */
export const inProjects = <T>(projects: Scope | undefined, work: () => T): T =>
  currentScope() === projects ? work() : scopes.run(projects, work);

/** The scope of the work that asks; undefined outside of any: then what openDatabase was told for its connections holds. */
export const currentScope = (): Scope | undefined => scopes.getStore();

/** The scope as Postgres' setting `app.projects` has it. There is nothing in it that would need quoting. */
export const settingOf = (scope: Scope): string => (scope === "all" ? "all" : `{${scope.join(",")}}`);

const isSame = (one: Scope, other: Scope) =>
  one === other || (one.length === 1 && other.length === 1 && one[0] === other[0]);

/** The scope of several pieces of work together; undefined when none of them has one. */
export function union(all: readonly (Scope | undefined)[]): Scope | undefined {
  const known = all.filter((scope) => scope !== undefined);
  const [first] = known;
  if (first === undefined || known.every((scope) => isSame(scope, first))) return first;
  if (known.includes("all")) return "all";
  return [...new Set(known.flat() as bigint[])];
}

/**
 * What is iterated later, by someone in another scope or in none, as this work would iterate it: the code of a generator
 * runs in the scope of whoever asks for its next item.
 */
export function keepingScope<T>(items: AsyncIterable<T>): AsyncIterable<T> {
  const scope = currentScope();
  if (scope === undefined) return items;
  return {
    [Symbol.asyncIterator]() {
      const iterator = items[Symbol.asyncIterator]();
      const kept: AsyncIterator<T> = { next: () => inProjects(scope, () => iterator.next()) };
      if (iterator.return) kept.return = (value) => inProjects(scope, () => endOf(iterator, value));
      return kept;
    },
  };
}

const endOf = async <T>(iterator: AsyncIterator<T>, value: unknown): Promise<IteratorResult<T>> =>
  (await iterator.return?.(value)) ?? { done: true, value };
