import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { type Served, serve } from "../support/process.ts";

const home = await mkdtemp(join(tmpdir(), "loggia-kill-"));
let served: Served | undefined;
afterAll(async () => {
  if (served?.child.exitCode === null && served.child.signalCode === null) await served.end("SIGKILL");
  await rm(home, { recursive: true, force: true });
});

const kills = 10;
const loggers = 4;
/** Acknowledged requests between two kills. */
const between = 150;

/** What one client wrote: acknowledged for sure, or sent without ever hearing of it. */
interface Ledger {
  run: string;
  points: number[];
  batches: number[];
}

/** Posts as MLflow's client does: again and again on a broken connection or a 5xx, since every write may be repeated. */
async function post(path: string, body: unknown): Promise<unknown> {
  for (;;) {
    try {
      const response = await fetch(`${served?.url}/api/2.0/mlflow/${path}`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      if (response.status === 200) return await response.json();
      if (response.status < 500) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith(path)) throw error;
    }
    await sleep(50); // the server is being started again
  }
}

async function get(path: string): Promise<unknown> {
  const response = await fetch(`${served?.url}/api/2.0/mlflow/${path}`);
  expect(response.status, path).toBe(200);
  return response.json();
}

test("ten kill -9 of the server while clients log: every acknowledged write is there, and none twice", async () => {
  served = await serve(home, "--data-dir", join(home, "data"));
  const { port } = new URL(served.url);
  let acknowledged = 0;
  let over = false;

  const log = async (): Promise<Ledger> => {
    const created = (await post("runs/create", { experiment_id: "0", start_time: 1 })) as {
      run: { info: { run_id: string } };
    };
    const ledger: Ledger = { run: created.run.info.run_id, points: [], batches: [] };
    for (let n = 0; !over; n++) {
      if (n % 5 === 4) {
        await post("runs/log-batch", {
          run_id: ledger.run,
          metrics: [0, 1, 2].map((i) => ({ key: `batch${i}`, value: n, timestamp: n, step: n })),
          params: [{ key: `p${n}`, value: String(n) }],
          tags: [{ key: `t${n}`, value: String(n) }],
        });
        ledger.batches.push(n);
      } else {
        await post("runs/log-metric", { run_id: ledger.run, key: "m", value: n / 3, timestamp: n, step: n });
        ledger.points.push(n);
      }
      acknowledged++;
    }
    return ledger;
  };

  const clients = Array.from({ length: loggers }, log);
  for (let kill = 1; kill <= kills; kill++) {
    const enough = acknowledged + between;
    while (acknowledged < enough) await sleep(5);
    await served.end("SIGKILL");
    served = await serve(home, "--data-dir", join(home, "data"), "--port", port);
  }
  over = true;
  const ledgers = await Promise.all(clients);
  expect(acknowledged).toBeGreaterThanOrEqual(kills * between);

  for (const { run, points, batches } of ledgers) {
    const steps = async (key: string) => {
      const history = (await get(`metrics/get-history?run_id=${run}&metric_key=${key}`)) as {
        metrics: { step: number }[];
      };
      return history.metrics.map((point) => point.step).sort((a, b) => a - b);
    };
    expect(await steps("m")).toEqual(points);
    for (const key of ["batch0", "batch1", "batch2"]) expect(await steps(key)).toEqual(batches);
    const { run: read } = (await get(`runs/get?run_id=${run}`)) as {
      run: { data: { params: { key: string }[]; tags: { key: string }[] } };
    };
    expect(read.data.params.map((param) => param.key).sort()).toEqual(batches.map((n) => `p${n}`).sort());
    expect(read.data.tags.map((tag) => tag.key).sort()).toEqual(batches.map((n) => `t${n}`).sort());
  }
}, 300_000);
