import { setTimeout as sleep } from "node:timers/promises";
import { LoggiaError } from "../errors.ts";
import { uncancelled } from "./cancellation.ts";
import { sqlState } from "./postgres-errors.ts";
import { currentScope, inProjects, type Scope, union } from "./scope.ts";

export interface GroupCommit<Request, Answer> {
  /**
   * Does all requests of a group in one statement or transaction and answers each, in the same order. May be called again
   * with requests that were already done, so it must be safe to repeat. Its scope is that of all its requests together.
   */
  execute(group: readonly Request[]): Promise<readonly Answer[]>;
  /** How much of a group a request takes, at least 1: the rows that it writes or reads. */
  weight(request: Request): number;
  /**
   * Groups in flight at once. Two keep Postgres busy while the other group waits for the disk; the second begins when it has
   * half as many members as the first, or one request would leave alone and all that follow wait for it.
   */
  lanes?: number;
  /** The weight at which a group is full; a single heavier request is a group of its own. */
  heaviest?: number;
  /** The weight that may wait; what comes beyond it is refused at once. */
  longest?: number;
}

interface Waiting<Request, Answer> {
  request: Request;
  weight: number;
  /** Of the work that asks for the request. */
  scope: Scope | undefined;
  resolve(answer: Answer): void;
  reject(reason: unknown): void;
}

const attempts = 5;

/**
 * Lets concurrent requests share a statement and its commit (spikes.md §4): while one group is being committed, the
 * next one gathers. A lone request is done at once. Each request is answered after the commit that holds it; what it reads
 * is not older than the request. When a group fails, its members are done one by one, so that only the one that is wrong
 * fails.
 * @returns a function that does one request. It throws TEMPORARILY_UNAVAILABLE when too much is waiting already.
 */
export function groupCommit<Request, Answer>(
  options: GroupCommit<Request, Answer>,
): (request: Request) => Promise<Answer> {
  const { execute, weight, lanes = 2, heaviest = 4_000, longest = 400_000 } = options;
  const queue: Waiting<Request, Answer>[] = [];
  let waiting = 0;
  let busy = 0;
  let underWay = 0;
  let awake = false;

  function nextGroup(): Waiting<Request, Answer>[] {
    let count = 0;
    let total = 0;
    for (const member of queue) {
      if (count > 0 && total + member.weight > heaviest) break;
      total += member.weight;
      count++;
    }
    waiting -= total;
    return queue.splice(0, count);
  }

  function pump(): void {
    awake = false;
    while (busy < lanes && queue.length > 0 && queue.length >= underWay / 2) {
      const group = nextGroup();
      busy++;
      underWay += group.length;
      commit(group).finally(() => {
        busy--;
        underWay -= group.length;
        pump();
      });
    }
  }

  async function executeInScope(group: readonly Waiting<Request, Answer>[]): Promise<readonly Answer[]> {
    const scope = union(group.map((member) => member.scope));
    const requests = group.map((member) => member.request);
    return uncancelled(() => inProjects(scope, () => execute(requests)));
  }

  async function commit(group: readonly Waiting<Request, Answer>[]): Promise<void> {
    try {
      const answers = await executeInScope(group);
      for (const [i, member] of group.entries()) member.resolve(answers[i] as Answer);
    } catch (error) {
      if (isOutage(error) || (group.length === 1 && !isTransient(error)))
        for (const member of group) member.reject(error);
      else for (const member of group) await commitAlone(member);
    }
  }

  async function commitAlone(member: Waiting<Request, Answer>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const [answer] = await executeInScope([member]);
        member.resolve(answer as Answer);
        return;
      } catch (error) {
        if (attempt === attempts || !isTransient(error)) {
          member.reject(isTransient(error) ? contended(error) : error);
          return;
        }
        await sleep(Math.random() * 10 * 2 ** attempt);
      }
    }
  }

  return (request) =>
    new Promise((resolve, reject) => {
      const member = { request, weight: weight(request), scope: currentScope(), resolve, reject };
      if (waiting > 0 && waiting + member.weight > longest) {
        reject(overloaded());
        return;
      }
      queue.push(member);
      waiting += member.weight;
      if (awake || busy >= lanes) return;
      awake = true;
      setImmediate(pump);
    });
}

/** Serialization failure, deadlock, and what tells log-batch.ts of a lost race: a division by zero, a row that is there already. */
const isTransient = (error: unknown) => ["40001", "40P01", "22012", "23505"].includes(sqlState(error) ?? "");

/** Whether every member would meet the same error, and wait for it in vain. */
const isOutage = (error: unknown) =>
  error instanceof LoggiaError && error.code === "TEMPORARILY_UNAVAILABLE" && !isTransient(error);

const contended = (cause: unknown) =>
  new LoggiaError("TEMPORARILY_UNAVAILABLE", "Too many writes to the same place. Try again.", {
    cause,
    retryAfter: 1,
  });

const overloaded = () =>
  new LoggiaError("TEMPORARILY_UNAVAILABLE", "Too many requests are waiting. Try again.", { retryAfter: 1 });
