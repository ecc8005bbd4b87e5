import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { createLoggia, type NodeOptions, RunStatus } from "../../../clients/ts/src/node.ts";
import { type Served, serve } from "../../support/process.ts";
import { until } from "../../support/until.ts";

const home = await mkdtemp(join(tmpdir(), "loggia-ts-kill-"));
const dataDir = join(home, "data");
let served: Served | undefined;
afterAll(async () => {
  if (served?.child.exitCode === null && served.child.signalCode === null) await served.end("SIGKILL");
  await rm(home, { recursive: true, force: true });
});

const kills = 5;
const ways: NodeOptions[] = [{}, { protocol: "grpc" }, { httpVersion: "1.1" }];

test("kill -9 of the server while runs start and log: every run and every point is there once", async () => {
  served = await serve(home, "--data-dir", dataDir);
  const { port } = new URL(served.url);
  let retries = 0;
  let over = false;
  const clients = ways.map((way) =>
    createLoggia({
      baseUrl: served?.url,
      ...way,
      logger: { flushInterval: 5, onRetry: () => void retries++ },
    }),
  );

  /** Starts runs one after the other until all is over; each logs for a while. */
  const work = async (loggia: (typeof clients)[number], name: string) => {
    const logged: { id: string; points: number }[] = [];
    do {
      const run = await loggia.startRun({ experiment: name, params: { kind: name }, timeout: 200_000 });
      let step = 0;
      for (let round = 0; round < 20; round++) {
        for (let i = 0; i < 50; i++, step++) run.metric("m", step, step);
        run.tag("last", step);
        run.param(`p${step}`, step);
        await sleep(5); // logs while batches are on their way
      }
      await run.end("FINISHED", { timeout: 200_000 });
      logged.push({ id: run.id, points: step });
    } while (!over);
    return logged;
  };
  const working = clients.map((loggia, n) => work(loggia, `way ${n}`));
  let failed: unknown;
  for (const one of working) one.catch((error: unknown) => (failed ??= error));

  for (let kill = 1; kill <= kills; kill++) {
    await sleep(300 + 200 * Math.random()); // some moment of the work
    const before = retries;
    await served.end("SIGKILL");
    await until("somebody misses the server", () => {
      if (failed !== undefined) throw failed;
      return retries > before;
    });
    served = await serve(home, "--data-dir", dataDir, "--port", port);
  }
  over = true;

  for (const [n, working_] of working.entries()) {
    const logged = await working_;
    const loggia = clients[n] as (typeof clients)[number];
    const { experiment } = await loggia.mlflow.getExperimentByName({ experimentName: `way ${n}` });
    const { runs } = await loggia.mlflow.searchRuns({
      experimentIds: [experiment?.experimentId ?? ""],
      maxResults: 1000,
    });
    expect(runs.map(({ info }) => info?.runId).sort()).toEqual(logged.map(({ id }) => id).sort());
    for (const { info, data } of runs) {
      const points = logged.find(({ id }) => id === info?.runId)?.points ?? 0;
      expect(info?.status).toBe(RunStatus.FINISHED);
      const { metrics } = await loggia.mlflow.getMetricHistory({ runId: info?.runId ?? "", metricKey: "m" });
      expect(metrics.map(({ step }) => Number(step))).toEqual(Array.from({ length: points }, (_, i) => i));
      expect(data?.tags.find(({ key }) => key === "last")?.value).toBe(String(points));
      expect(data?.params).toHaveLength(points / 50 + 1);
    }
    loggia.close();
  }
}, 300_000);
