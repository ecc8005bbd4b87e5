import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until `met` holds, looking again every few milliseconds: for what a test cannot be told of, such as files of another
 * process. It must not spin, since what is waited for needs the processor.
 * @param milliseconds how long at most; then it fails with `what`.
 */
export async function until(
  what: string,
  met: () => boolean | Promise<boolean>,
  milliseconds = 30_000,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await met())) {
    if (performance.now() > deadline) throw new Error(`in ${milliseconds} ms it did not happen: ${what}`);
    await sleep(10);
  }
}
