/** Waits between attempts: exponential from 100 ms to 10 s, with full jitter above half, and never less than the server asks. */
const first = 100;
const longest = 10_000;

/** @param attempt 0 for the wait after the first failure. @returns milliseconds. */
export function backoff(attempt: number, retryAfter = 0): number {
  const step = Math.min(longest, first * 2 ** attempt);
  return Math.max(retryAfter, step / 2 + (Math.random() * step) / 2);
}

/** A wait that can be cut short. */
export interface Pause {
  over: Promise<void>;
  /** Ends it now. */
  cut(): void;
  /** Keeps the process alive until it is over, which it does not by itself. */
  hold(): void;
}

export function pause(milliseconds: number): Pause {
  let cut = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => {
    cut = resolve;
    timer = setTimeout(resolve, milliseconds);
  });
  const inNode = typeof timer === "object" ? timer : undefined;
  inNode?.unref();
  return {
    over,
    cut() {
      clearTimeout(timer);
      cut();
    },
    hold: () => void inNode?.ref(),
  };
}
