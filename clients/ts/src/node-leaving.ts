import type { LeavingRuns } from "./platform.ts";

const signals = ["SIGTERM", "SIGINT"] as const;

/** Of every client of this process: signals are listened to once. */
const leaving = new Set<LeavingRuns>();

/**
 * Before the process is gone: on SIGTERM and SIGINT, runs are ended as KILLED and the process then ends as it would have
 * without us. A program that listens to the signal itself decides what ends; then what has been logged is sent, and no more.
 * When nothing is left to do, runs are ended as FINISHED, or FAILED by `process.exitCode`. Nothing can be sent after
 * `process.exit()`.
 */
export function beforeLeaving(runs: LeavingRuns): () => void {
  if (leaving.size === 0) {
    for (const signal of signals) process.on(signal, onSignal);
    process.on("beforeExit", onIdle);
  }
  leaving.add(runs);
  return () => {
    leaving.delete(runs);
    if (leaving.size > 0) return;
    for (const signal of signals) process.off(signal, onSignal);
    process.off("beforeExit", onIdle);
  };
}

let signalled = false;

async function onSignal(signal: NodeJS.Signals): Promise<void> {
  const isOurs = process.listenerCount(signal) === 1;
  if (!isOurs) {
    for (const runs of leaving) void runs.flush();
    return;
  }
  // Whoever sends it twice does not want to wait.
  if (!signalled) {
    signalled = true;
    await Promise.all([...leaving].map((runs) => runs.end("KILLED")));
  }
  process.off(signal, onSignal);
  process.kill(process.pid, signal);
}

async function onIdle(): Promise<void> {
  const failed = process.exitCode !== undefined && process.exitCode !== 0;
  await Promise.all([...leaving].map((runs) => runs.end(failed ? "FAILED" : "FINISHED")));
}
