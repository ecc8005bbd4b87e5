/** Does a piece of work when it is its turn. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Lets so many pieces of work be done at once; the others wait their turn, in the order in which they came, however many they are.
 * @param impatience after how many milliseconds of waiting a piece of work is given up, and by which error; never when absent.
 */
export function turns(most: number, impatience?: { after: number; error(): Error }): InTurn {
  const waiting = new Set<() => void>();
  let running = 0;

  /** Resolves when work that ends has passed its place on. */
  const turn = () =>
    new Promise<void>((resolve, reject) => {
      const take = () => {
        clearTimeout(timer);
        waiting.delete(take);
        resolve();
      };
      const timer =
        impatience &&
        setTimeout(() => {
          waiting.delete(take);
          reject(impatience.error());
        }, impatience.after);
      waiting.add(take);
    });

  return async (work) => {
    if (running >= most) await turn();
    else running++;
    try {
      return await work();
    } finally {
      const [next] = waiting;
      if (next === undefined) running--;
      else next();
    }
  };
}
