/**
 * Does work now and again every `interval` milliseconds, one round at a time. A failure is told and ends nothing: the next round comes.
 * @returns what ends it, which resolves when the round under way is over; of that one nothing is told any more, since
 * what it works with may be closed under it.
 */
export function rounds(
  work: () => Promise<void>,
  { interval, failed }: { interval: number; failed(error: unknown): void },
): () => Promise<void> {
  let current: Promise<void> | undefined;
  let isOver = false;
  const round = () => {
    current ??= work()
      .catch((error: unknown) => {
        if (!isOver) failed(error);
      })
      .finally(() => {
        current = undefined;
      });
  };
  round();
  const timer = setInterval(round, interval).unref();
  return async () => {
    isOver = true;
    clearInterval(timer);
    await current;
  };
}

/** Milliseconds. */
export const hour = 3_600_000;
