/** The load generator: the Go program of bench/load, built when it starts and told what to do line by line. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const here = import.meta.dirname;

/** What to do; the fields are told in bench/load/workloads.go. */
export interface Spec {
  workload: string;
  url?: string;
  clients?: number;
  seconds?: number;
  warmup?: number;
  rate?: number;
  experiment?: string;
  run?: string;
  key?: string;
  filter?: string;
  orderBy?: string[];
  pages?: number;
  raw?: unknown;
}

/** What one measurement found; latencies in milliseconds. See bench/load/loop.go. */
export interface Report {
  calls: number;
  errors: number;
  firstError?: string;
  seconds: number;
  perSecond: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
  things: number;
  bytes: number;
}

export interface Generator {
  /**
   * One measurement. `ready` runs when everything is prepared and warm, just before the clock starts.
   * @throws Error when it cannot be prepared, or no call at all succeeds.
   */
  measure(spec: Spec, ready?: () => void | Promise<void>): Promise<Report>;
  stop(): Promise<void>;
}

/** Builds and starts the generator. */
export async function startGenerator(cache: string): Promise<Generator> {
  const program = join(cache, "bench-load");
  await promisify(execFile)("go", ["build", "-o", program, "."], { cwd: join(here, "load") });
  const child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the load generator ended");
    return value;
  };
  return {
    measure: async (spec, ready) => {
      child.stdin.write(`${JSON.stringify(spec)}\n`);
      let said = await line();
      if (said === "ready") {
        await ready?.();
        child.stdin.write("\n");
        said = await line();
      }
      const report: Report & { failed?: string } = JSON.parse(said);
      if (report.failed !== undefined) throw new Error(report.failed);
      if (report.calls === 0) throw new Error(report.firstError ?? "no call was made");
      return report;
    },
    stop: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
