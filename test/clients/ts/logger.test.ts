import { expect, test } from "vitest";
import { createLoggia } from "../../../clients/ts/src/node.ts";
import { testServer } from "../../support/server.ts";

const server = await testServer();

test("a run has what was logged", async () => {
  const { uri } = await server.project();
  const loggia = createLoggia({ baseUrl: uri });
  const run = await loggia.startRun({
    experiment: "first",
    name: "hello",
    params: { lr: 0.1 },
    tags: { stage: "trying" },
  });
  for (let step = 0; step < 2500; step++) run.metric("loss", 1 / (step + 1), step);
  await run.end();
  const { metrics } = await loggia.mlflow.getMetricHistory({ runId: run.id, metricKey: "loss" });
  expect(metrics).toHaveLength(2500);
  const { run: got } = await loggia.mlflow.getRun({ runId: run.id });
  expect(got?.data?.params).toMatchObject([{ key: "lr", value: "0.1" }]);
  console.log(got?.data?.tags, got?.info);
});
test("probe", async () => {
  const { uri } = await server.project();
  const loggia = createLoggia({ baseUrl: uri });
  const run = await loggia.startRun();
  console.log(await loggia.mlflow.logBatch({ runId: run.id }));
  await loggia.mlflow.deleteRun({ runId: run.id });
  await expect(loggia.mlflow.logBatch({ runId: run.id })).rejects.toThrow("active");
});
