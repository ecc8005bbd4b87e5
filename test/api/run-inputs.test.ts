import { describe, expect, test } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { absent, missing, noRun, notActive } from "../support/mlflow-errors.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer();

const unknown = `m-${"0".repeat(32)}`;
const dataset = (name: string, more: object = {}) => ({
  dataset: { name, digest: "d1", sourceType: "local", source: "{}", ...more },
});

describe.each(protocols)("inputs and outputs of runs over %s", (protocol) => {
  const setUp = async () => {
    const client = (await server.project()).client(MlflowService, protocol);
    const run = async () => (await client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
    const model = async () =>
      (await client.createLoggedModel({ experimentId: "0", name: "m" })).model?.info?.modelId ?? "";
    const read = async (runId: string) => {
      const { run: found } = await client.getRun({ runId });
      return {
        datasets: found?.inputs?.datasetInputs.map(({ dataset: d, tags }) => [
          d?.name,
          d?.digest,
          d?.sourceType,
          d?.source,
          d?.schema,
          d?.profile,
          Object.fromEntries(tags.map((tag) => [tag.key, tag.value])),
        ]),
        models: found?.inputs?.modelInputs.map((input) => input.modelId),
        outputs: found?.outputs?.modelOutputs.map((output) => [output.modelId, output.step]),
      };
    };
    return { client, run, model, read, runId: await run() };
  };
  const nothing = { datasets: undefined, models: undefined, outputs: undefined };

  test("are read back with the run and in searches, and may be logged again", async () => {
    const { client, run, model, read, runId } = await setUp();
    const [input, output] = [await model(), await model()];
    const other = await run();
    const inputs = {
      runId,
      datasets: [
        {
          ...dataset("wein-é", { schema: '{"a":1}', profile: '{"rows":2}' }),
          tags: [{ key: "mlflow.data.context", value: 'train "1"' }],
        },
        dataset("bare"),
        dataset("bare", { source: "a second description is ignored" }),
      ],
      models: [{ modelId: input }],
    };
    for (let i = 0; i < 2; i++) {
      await client.logInputs(inputs);
      await client.logOutputs({ runId, models: [{ modelId: output, step: 3n }, { modelId: output }] });
      expect(await read(runId)).toEqual({
        datasets: [
          ["bare", "d1", "local", "{}", "", "", {}],
          ["wein-é", "d1", "local", "{}", '{"a":1}', '{"rows":2}', { "mlflow.data.context": 'train "1"' }],
        ],
        models: [input],
        outputs: [
          [output, 0n],
          [output, 3n],
        ],
      });
    }
    const { runs } = await client.searchRuns({ experimentIds: ["0"] });
    const found = new Map(runs.map((one) => [one.info?.runId, one]));
    expect(found.get(runId)?.inputs?.datasetInputs.map((one) => one.dataset?.name)).toEqual([
      "bare",
      "wein-é",
    ]);
    expect(found.get(runId)?.outputs?.modelOutputs).toHaveLength(2);
    expect(found.get(other)?.inputs).toBeUndefined();
    expect(await read(other)).toEqual(nothing);
  });

  test("a dataset is one for all runs of an experiment, each of which says what for", async () => {
    const { client, run, read, runId } = await setUp();
    const other = await run();
    const tags = (value: string) => [{ key: "context", value }];
    await client.logInputs({
      runId,
      datasets: [{ ...dataset("d", { source: "first" }), tags: tags("train") }],
    });
    await client.logInputs({
      runId: other,
      datasets: [{ ...dataset("d", { source: "second" }), tags: tags("test") }],
    });
    expect((await read(other)).datasets).toEqual([
      ["d", "d1", "local", "first", "", "", { context: "test" }],
    ]);
    expect((await read(runId)).datasets).toEqual([
      ["d", "d1", "local", "first", "", "", { context: "train" }],
    ]);
  });

  test("what is incomplete or too long is refused, with all that came with it", async () => {
    const { client, read, runId } = await setUp();
    const refused = (datasets: object[]) =>
      failure(client.logInputs({ runId, datasets: [dataset("fine"), ...datasets] }));
    expect(await failure(client.logInputs({ datasets: [dataset("d")] }))).toEqual(missing("run_id"));
    expect(await failure(client.logOutputs({}))).toEqual(missing("run_id"));
    expect(await refused([{}])).toEqual(missing("dataset"));
    expect(await refused([dataset("")])).toEqual(missing("dataset.name"));
    expect(await refused([dataset("d", { digest: "" })])).toEqual(missing("dataset.digest"));
    expect(await refused([{ ...dataset("d"), tags: [{ value: "v" }] }])).toEqual(missing("tags.key"));
    for (const wrong of [
      dataset("n".repeat(501)),
      dataset("d", { digest: "d".repeat(37) }),
      dataset("d", { source: "s".repeat(65_536) }),
      dataset("d", { schema: "s".repeat(1_048_576) }),
      { ...dataset("d"), tags: [{ key: "k".repeat(256), value: "v" }] },
      { ...dataset("d"), tags: [{ key: "k", value: "v".repeat(501) }] },
    ])
      expect(await refused([wrong])).toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
    expect(await refused(Array.from({ length: 1000 }, (_, i) => dataset(`d${i}`)))).toMatchObject({
      message: "A request can contain at most 1000 datasets. Got 1001 datasets.",
    });
    expect(await read(runId)).toEqual(nothing);
  });

  test("a name at its limit is stored, whatever its script", async () => {
    const { client, read, runId } = await setUp();
    const name = "𝔡".repeat(500);
    await client.logInputs({ runId, datasets: [dataset(name, { digest: "é".repeat(36) })] });
    expect((await read(runId)).datasets?.[0]?.[0]).toBe(name);
  });

  test("a model that does not exist here is refused, with all that came with it", async () => {
    const { client, model, read, runId } = await setUp();
    const foreign = await (await setUp()).model();
    const deleted = await model();
    await client.deleteLoggedModel({ modelId: deleted });
    for (const modelId of [unknown, foreign, deleted, "x"]) {
      const models = [{ modelId: await model() }, { modelId }];
      const error = absent(`Logged model with ID '${modelId}' not found.`);
      expect(await failure(client.logInputs({ runId, datasets: [dataset("d")], models }))).toEqual(error);
      expect(await failure(client.logOutputs({ runId, models }))).toEqual(error);
    }
    expect(await read(runId)).toEqual(nothing);
  });

  test("a deleted run, an unknown one and another project's take nothing", async () => {
    const { client, read, runId } = await setUp();
    const other = await setUp();
    const datasets = [dataset("d")];
    for (const id of [other.runId, "f".repeat(32), "x"]) {
      expect(await failure(client.logInputs({ runId: id, datasets }))).toEqual(noRun(id));
      expect(await failure(client.logOutputs({ runId: id }))).toEqual(noRun(id));
    }
    await client.deleteRun({ runId });
    expect(await failure(client.logInputs({ runId, datasets }))).toEqual(notActive(runId));
    expect(await failure(client.logOutputs({ runId }))).toEqual(notActive(runId));
    expect(await read(runId)).toEqual(nothing);
    expect(await other.read(other.runId)).toEqual(nothing);
  });

  test("a request that names nothing changes nothing", async () => {
    const { client, read, runId } = await setUp();
    await client.logInputs({ runId });
    await client.logOutputs({ runId });
    expect(await read(runId)).toEqual(nothing);
  });
});

test("sixteen requests at once leave each dataset and model once", async () => {
  const client = (await server.project()).client(MlflowService, "grpc");
  const runId = (await client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
  const { model } = await client.createLoggedModel({ experimentId: "0", name: "m" });
  const models = [{ modelId: model?.info?.modelId ?? "" }];
  const names = ["a", "b", "c", "d"];
  await Promise.all(
    Array.from({ length: 16 }, (_, i) =>
      client.logInputs({
        runId,
        datasets: names.map((_name, k) => dataset(names[(i + k) % names.length] ?? "")),
        models,
      }),
    ),
  );
  const { run } = await client.getRun({ runId });
  expect(run?.inputs?.datasetInputs.map((input) => input.dataset?.name)).toEqual(names);
  expect(run?.inputs?.modelInputs).toHaveLength(1);
});
