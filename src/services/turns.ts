/** Lets so many pieces of work be done at once; the others wait their turn, however long the queue. */
export function turns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

/** Queries with which watches begin: hundreds may begin at once, when a server has come back, and must not take the whole pool. */
export const atTurn = turns(3);
