import { describe, expect, test } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { absent, badName, invalid, missing } from "../support/mlflow-errors.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer();

describe.each(protocols)("experiments over %s", (protocol) => {
  const setUp = async () => (await server.project()).client(MlflowService, protocol);

  test("a created experiment is read back by id and by name", async () => {
    const client = await setUp();
    const before = BigInt(Date.now());
    const { experimentId } = await client.createExperiment({
      name: " a/b $ é ",
      tags: [{ key: "team", value: "vision" }, { key: "empty" }],
    });
    expect(experimentId).toBe("1");
    const { experiment } = await client.getExperiment({ experimentId });
    expect(experiment).toMatchObject({
      experimentId: "1",
      name: " a/b $ é ",
      artifactLocation: "mlflow-artifacts:/1",
      lifecycleStage: "active",
      tags: [
        { key: "empty", value: "" },
        { key: "team", value: "vision" },
      ],
    });
    expect(experiment?.creationTime).toBeGreaterThanOrEqual(before);
    expect(experiment?.lastUpdateTime).toBe(experiment?.creationTime);
    const byName = await client.getExperimentByName({ experimentName: " a/b $ é " });
    expect(byName.experiment).toEqual(experiment);
  });

  test("a project starts with the experiment Default, whose id is 0", async () => {
    const client = await setUp();
    const { experiment } = await client.getExperiment({ experimentId: "0" });
    expect(experiment).toMatchObject({ name: "Default", lifecycleStage: "active" });
    expect(experiment?.artifactLocation).toBe("mlflow-artifacts:/0");
  });

  test("a given artifact location is kept as it is", async () => {
    const client = await setUp();
    const location = "s3://bucket/a b?x=1#f";
    const { experimentId } = await client.createExperiment({ name: "x", artifactLocation: location });
    const { experiment } = await client.getExperiment({ experimentId });
    expect(experiment?.artifactLocation).toBe(location);
  });

  test("an id is looked up as an integer and any other text finds nothing", async () => {
    const client = await setUp();
    const { experiment } = await client.getExperiment({ experimentId: "000" });
    expect(experiment?.experimentId).toBe("0");
    for (const id of ["7", "007", "abc", "-1", "1.0", " 0", "9223372036854775808", "9".repeat(400)])
      expect(await failure(client.getExperiment({ experimentId: id }))).toEqual(
        absent(`No Experiment with id=${id} exists`),
      );
  });

  test("a name is taken also by a deleted experiment, and case counts", async () => {
    const client = await setUp();
    const { experimentId } = await client.createExperiment({ name: "x" });
    const taken = { errorCode: "RESOURCE_ALREADY_EXISTS", message: "Experiment(name=x) already exists." };
    expect(await failure(client.createExperiment({ name: "x" }))).toEqual(taken);
    await client.deleteExperiment({ experimentId });
    expect(await failure(client.createExperiment({ name: "x" }))).toEqual(taken);
    expect((await client.createExperiment({ name: "X" })).experimentId).toBe("2");
  });

  test("required parameters are asked for in MLflow's words", async () => {
    const client = await setUp();
    expect(await failure(client.createExperiment({}))).toEqual(missing("name"));
    expect(await failure(client.createExperiment({ name: "" }))).toEqual(missing("name"));
    expect(await failure(client.getExperiment({}))).toEqual(missing("experiment_id"));
    expect(await failure(client.getExperimentByName({}))).toEqual(missing("experiment_name"));
    expect(await failure(client.updateExperiment({}))).toEqual(missing("experiment_id"));
    expect(await failure(client.updateExperiment({ experimentId: "0" }))).toEqual(missing("new_name"));
    expect(await failure(client.deleteExperiment({}))).toEqual(missing("experiment_id"));
    expect(await failure(client.restoreExperiment({}))).toEqual(missing("experiment_id"));
    expect(await failure(client.setExperimentTag({ key: "k" }))).toEqual(missing("experiment_id"));
    expect(await failure(client.setExperimentTag({ experimentId: "0" }))).toEqual(missing("key"));
    expect(await failure(client.deleteExperimentTag({ experimentId: "0" }))).toEqual(missing("key"));
  });

  test("names and tags beyond their limits are refused and store nothing", async () => {
    const client = await setUp();
    expect((await failure(client.createExperiment({ name: "é".repeat(257) }))).message).toBe(
      `Parameter 'name' '${"é".repeat(250)}' had length 257, which exceeded length limit of 256`,
    );
    expect(
      await failure(client.createExperiment({ name: "t", tags: [{ key: "a//b", value: "" }] })),
    ).toMatchObject(invalid(expect.stringContaining("This name would resolve to 'a/b'")));
    expect(
      await failure(client.createExperiment({ name: "t", tags: [{ key: "k", value: "v".repeat(5001) }] })),
    ).toEqual(invalid(`Tag value '${"v".repeat(250)}' had length 5001, which exceeded length limit of 5000`));
    expect(await failure(client.getExperimentByName({ experimentName: "t" }))).toEqual(
      absent("Could not find experiment with name 't'"),
    );
  });

  test("text that Postgres cannot hold is refused", async () => {
    const client = await setUp();
    const refused = { errorCode: "INVALID_PARAMETER_VALUE" };
    expect(await failure(client.createExperiment({ name: "a\0b" }))).toMatchObject(refused);
    expect(await failure(client.getExperimentByName({ experimentName: "a\0b" }))).toMatchObject(refused);
    expect(
      await failure(client.setExperimentTag({ experimentId: "0", key: "k", value: "\0" })),
    ).toMatchObject(refused);
  });

  test("a rename keeps everything but the name and moves last_update_time", async () => {
    const client = await setUp();
    await client.createExperiment({ name: "taken" });
    const { experimentId } = await client.createExperiment({ name: "old" });
    const before = (await client.getExperiment({ experimentId })).experiment;
    await client.updateExperiment({ experimentId, newName: "old" });
    await client.updateExperiment({ experimentId, newName: "new" });
    const after = (await client.getExperiment({ experimentId })).experiment;
    expect(after).toMatchObject({ name: "new", artifactLocation: "mlflow-artifacts:/2" });
    expect(after?.creationTime).toBe(before?.creationTime);
    expect(after?.lastUpdateTime).toBeGreaterThanOrEqual(before?.lastUpdateTime ?? 0n);
    expect(await failure(client.updateExperiment({ experimentId, newName: "taken" }))).toEqual({
      errorCode: "RESOURCE_ALREADY_EXISTS",
      message: "Experiment(name=taken) already exists.",
    });
    expect(await failure(client.updateExperiment({ experimentId: "9", newName: "n" }))).toEqual(
      absent("No Experiment with id=9 exists"),
    );
  });

  test("a deleted experiment is still read, but neither renamed, tagged nor deleted again", async () => {
    const client = await setUp();
    const { experimentId } = await client.createExperiment({ name: "x" });
    await client.deleteExperiment({ experimentId });
    expect((await client.getExperiment({ experimentId })).experiment?.lifecycleStage).toBe("deleted");
    expect((await client.getExperimentByName({ experimentName: "x" })).experiment?.lifecycleStage).toBe(
      "deleted",
    );
    const inactive = invalid("The experiment 1 must be in the 'active' state. Current state is deleted.");
    expect(await failure(client.setExperimentTag({ experimentId, key: "k", value: "v" }))).toEqual(inactive);
    expect(await failure(client.deleteExperimentTag({ experimentId, key: "k" }))).toEqual(inactive);
    expect(await failure(client.createRun({ experimentId }))).toEqual(inactive);
    expect(await failure(client.updateExperiment({ experimentId, newName: "n" }))).toEqual(
      invalid("Cannot rename a non-active experiment."),
    );
    expect(await failure(client.deleteExperiment({ experimentId }))).toEqual(
      absent("No Experiment with id=1 exists"),
    );
    await client.restoreExperiment({ experimentId });
    expect((await client.getExperiment({ experimentId })).experiment?.lifecycleStage).toBe("active");
    expect(await failure(client.restoreExperiment({ experimentId }))).toEqual(
      absent("No Experiment with id=1 exists"),
    );
  });

  test("a restored experiment revives the runs that went with it, not those deleted before", async () => {
    const client = await setUp();
    const { experimentId } = await client.createExperiment({ name: "x" });
    const create = async () => (await client.createRun({ experimentId })).run?.info?.runId ?? "";
    const stage = async (runId: string) => (await client.getRun({ runId })).run?.info?.lifecycleStage;
    const [early, late] = [await create(), await create()];
    await client.deleteRun({ runId: early });
    await client.deleteExperiment({ experimentId });
    expect([await stage(early), await stage(late)]).toEqual(["deleted", "deleted"]);
    await client.restoreExperiment({ experimentId });
    expect([await stage(early), await stage(late)]).toEqual(["deleted", "active"]);
  });

  test("a tag is set, replaced, and deleted once", async () => {
    const client = await setUp();
    const experimentId = "0";
    const tags = async () => (await client.getExperiment({ experimentId })).experiment?.tags;
    await client.setExperimentTag({ experimentId, key: "k", value: "1" });
    await client.setExperimentTag({ experimentId, key: "k", value: "2" });
    await client.setExperimentTag({ experimentId, key: "empty" });
    expect(await tags()).toMatchObject([
      { key: "empty", value: "" },
      { key: "k", value: "2" },
    ]);
    await client.deleteExperimentTag({ experimentId, key: "k" });
    expect(await tags()).toMatchObject([{ key: "empty" }]);
    expect(await failure(client.deleteExperimentTag({ experimentId, key: "k" }))).toEqual(
      absent("No tag with name: k in experiment with id 0"),
    );
    expect(await failure(client.setExperimentTag({ experimentId: "9", key: "k" }))).toEqual(
      absent("No Experiment with id=9 exists"),
    );
    expect(await failure(client.setExperimentTag({ experimentId, key: "a$" }))).toEqual(badName("tag", "a$"));
  });

  test("another project's experiment does not exist here, and its names are free", async () => {
    const [mine, theirs] = [await setUp(), await setUp()];
    const { experimentId } = await theirs.createExperiment({ name: "x" });
    const gone = absent("No Experiment with id=1 exists");
    expect(await failure(mine.getExperiment({ experimentId }))).toEqual(gone);
    expect(await failure(mine.updateExperiment({ experimentId, newName: "y" }))).toEqual(gone);
    expect(await failure(mine.deleteExperiment({ experimentId }))).toEqual(gone);
    expect(await failure(mine.setExperimentTag({ experimentId, key: "k" }))).toEqual(gone);
    expect(await failure(mine.createRun({ experimentId }))).toEqual(gone);
    expect(await failure(mine.getExperimentByName({ experimentName: "x" }))).toEqual(
      absent("Could not find experiment with name 'x'"),
    );
    expect((await mine.createExperiment({ name: "x" })).experimentId).toBe("1");
  });
});

test("sixteen at once who create one name make one experiment", async () => {
  const client = (await server.project()).client(MlflowService, "rest");
  const results = await Promise.allSettled(
    Array.from({ length: 16 }, () => client.createExperiment({ name: "same" })),
  );
  expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
  for (const result of results)
    if (result.status === "rejected")
      expect(await failure(Promise.reject(result.reason))).toMatchObject({
        errorCode: "RESOURCE_ALREADY_EXISTS",
      });
});

test("the id of an experiment may be a JSON number", async () => {
  const { rest } = await server.project();
  const { status, body } = await rest("GET", "experiments/get?experiment_id=0");
  expect([status, body.experiment.experiment_id]).toEqual([200, "0"]);
  expect((await rest("POST", "experiments/update", { experiment_id: 0, new_name: "n" })).status).toBe(200);
});
