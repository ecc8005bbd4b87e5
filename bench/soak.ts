/** Whether Loggia's memory grows: many clients train for minutes, and the resident memory is read meanwhile. */

import { residentMiB } from "./processes.ts";
import { writesExperiment } from "./seed.ts";
import type { Stage } from "./stage.ts";
import type { Running } from "./systems.ts";
import { number, table } from "./table.ts";

/** Runs the training loop at 64 clients. Returns a table. */
export async function soak({ generator }: Stage, { url, pid }: Running, minutes: number): Promise<string> {
  const readings: number[] = [];
  const read = () => {
    readings.push(residentMiB(pid));
    console.error(`soak: ${number(readings.at(-1))} MiB`);
  };
  let timer: NodeJS.Timeout | undefined;
  const spec = { workload: "training-loop", experiment: writesExperiment, clients: 64, url };
  const report = await generator
    .measure({ ...spec, seconds: minutes * 60, warmup: 5 }, () => {
      timer = setInterval(read, 10_000);
    })
    .finally(() => clearInterval(timer));
  const quarter = Math.ceil(readings.length / 4);
  return table(
    [
      `training loop, 64 clients, ${minutes} minutes`,
      "requests/s",
      "p99 ms",
      "errors",
      "MiB first quarter",
      "last quarter",
      "most",
    ],
    [
      [
        "Loggia",
        number(report.perSecond),
        number(report.p99),
        String(report.errors),
        number(mean(readings.slice(0, quarter))),
        number(mean(readings.slice(-quarter))),
        number(Math.max(...readings)),
      ],
    ],
  );
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}
