/** The end of a process: asked for by a signal, or forced by an error that nobody caught. */

/** Ctrl-C reaches the server twice under npm, which sends on what the terminal has already sent to both. Milliseconds. */
const sameKeystroke = 500;

/**
 * Calls `drain` once, at the first SIGTERM or SIGINT or at an uncaught error, and exits with 0, or 1 after an error. A
 * second signal exits at once.
 */
export function onShutdown(drain: (why: string) => Promise<void>, log: (error: unknown) => void): void {
  let since: number | undefined;
  const end = async (why: string, code: number) => {
    since = performance.now();
    try {
      await drain(why);
      process.exit(code);
    } catch (error) {
      log(error);
      process.exit(1);
    }
  };
  for (const [signal, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ] as const)
    process.on(signal, () => {
      if (since === undefined) void end(signal, 0);
      else if (performance.now() - since > sameKeystroke) process.exit(128 + number);
    });
  for (const event of ["uncaughtException", "unhandledRejection"])
    process.on(event, (error: unknown) => {
      log(error);
      if (since === undefined) void end(event, 1);
    });
}
