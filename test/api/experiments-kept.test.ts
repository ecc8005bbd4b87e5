import { expect, test } from "vitest";
import { MlflowService, ViewType } from "../../gen/mlflow/service_pb.js";
import { testServer } from "../support/server.ts";

const server = await testServer();

// Over REST the server keeps the answer to a listing that is asked again; over Connect it reads each time.
test("a listing that was kept is never older than the last change, whoever made it and whatever it was", async () => {
  const project = await server.project();
  const here = project.client(MlflowService, "rest");
  const elsewhere = project.client(MlflowService, "connect", undefined, await server.replica());
  const listing = { viewType: ViewType.ALL };
  const expectSame = async (change: string) => {
    const kept = await here.listExperiments(listing);
    expect(kept.experiments, change).toEqual((await elsewhere.listExperiments(listing)).experiments);
    const found = await here.searchExperiments(listing);
    expect(found.experiments, change).toEqual((await elsewhere.searchExperiments(listing)).experiments);
  };
  const experimentId = "1";
  const changes: Record<string, () => Promise<unknown>> = {
    nothing: async () => {},
    "created with a tag": () => elsewhere.createExperiment({ name: "a", tags: [{ key: "k", value: "1" }] }),
    renamed: () => elsewhere.updateExperiment({ experimentId, newName: "b" }),
    "a tag more": () => elsewhere.setExperimentTag({ experimentId, key: "l", value: "1" }),
    "a tag of another value": () => here.setExperimentTag({ experimentId, key: "l", value: "2" }),
    "the value of before": () => elsewhere.setExperimentTag({ experimentId, key: "l", value: "1" }),
    "a tag less": () => elsewhere.deleteExperimentTag({ experimentId, key: "l" }),
    deleted: () => elsewhere.deleteExperiment({ experimentId }),
    restored: () => elsewhere.restoreExperiment({ experimentId }),
  };
  for (const [change, make] of Object.entries(changes)) {
    for (const _ of [1, 2, 3]) await expectSame(`before: ${change}`);
    await make();
    await expectSame(change);
  }
  const other = await server.project();
  expect((await other.client(MlflowService, "rest").listExperiments(listing)).experiments).toHaveLength(1);
});
