import { expect, test, vi } from "vitest";
import { rounds } from "../../src/services/rounds.ts";

test("a round follows the other, a failure is told and ends nothing", async () => {
  vi.useFakeTimers();
  try {
    let count = 0;
    const failures: unknown[] = [];
    const stop = rounds(
      async () => {
        if (++count === 1) throw new Error("the first");
      },
      { interval: 1_000, failed: (error) => failures.push(error) },
    );
    await vi.advanceTimersByTimeAsync(2_500);
    expect(count).toBe(3);
    expect(failures).toEqual([new Error("the first")]);
    await stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(count).toBe(3);
  } finally {
    vi.useRealTimers();
  }
});

test("its end waits for the round under way, of which nothing is told any more", async () => {
  const work = Promise.withResolvers<void>();
  const failures: unknown[] = [];
  const stop = rounds(() => work.promise, { interval: 1_000, failed: (error) => failures.push(error) });
  let isOver = false;
  const over = stop().then(() => {
    isOver = true;
  });
  await new Promise(setImmediate);
  expect(isOver).toBe(false);
  work.reject(new Error("closed under it"));
  await over;
  expect(failures).toEqual([]);
});

test("no two rounds at once", async () => {
  vi.useFakeTimers();
  try {
    let count = 0;
    const stop = rounds(() => new Promise<void>(() => count++), { interval: 1_000, failed: () => {} });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(count).toBe(1);
    void stop();
  } finally {
    vi.useRealTimers();
  }
});
