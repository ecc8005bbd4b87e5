import { describe, expect, test } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { invalid, missing, noRun } from "../support/mlflow-errors.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer();
const history = "mlflow.log-model.history";

const model = {
  signature: { inputs: "[]" },
  flavors: { python_function: { loader_module: "é" } },
  artifact_path: "model",
  mlflow_version: "1.28.0",
  utc_time_created: "2022-08-01 00:00:00",
  run_id: "r",
};

describe.each(protocols)("log-model over %s", (protocol) => {
  const setUp = async () => {
    const client = (await server.project()).client(MlflowService, protocol);
    const runId = (await client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
    const log = (value: unknown) =>
      client.logModel({ runId, modelJson: typeof value === "string" ? value : JSON.stringify(value) });
    const tag = async () =>
      (await client.getRun({ runId })).run?.data?.tags.find(({ key }) => key === history)?.value;
    return { client, runId, log, tag };
  };

  test("models are listed in a tag, in MLflow's order of members and Python's JSON, each once", async () => {
    const { log, tag } = await setUp();
    await log(model);
    await log({ ...model, artifact_path: "second", model_uuid: "u", signature: null });
    await log(model);
    expect(await tag()).toBe(
      '[{"run_id": "r", "artifact_path": "model", "utc_time_created": "2022-08-01 00:00:00", ' +
        '"flavors": {"python_function": {"loader_module": "\\u00e9"}}, "model_uuid": null, ' +
        '"mlflow_version": "1.28.0", "signature": {"inputs": "[]", "outputs": null}}, ' +
        '{"run_id": "r", "artifact_path": "second", "utc_time_created": "2022-08-01 00:00:00", ' +
        '"flavors": {"python_function": {"loader_module": "\\u00e9"}}, "model_uuid": "u", ' +
        '"mlflow_version": "1.28.0"}]',
    );
  });

  test("what is no model is refused in MLflow's words", async () => {
    const { client, runId, log, tag } = await setUp();
    expect(await failure(log("{oo"))).toEqual(
      invalid("Malformed model info. \n {oo \n is not a valid JSON."),
    );
    expect(await failure(log("[1]"))).toEqual(
      invalid("Malformed model info. \n [1] \n is not a JSON object."),
    );
    expect(await failure(log({ run_id: "r", utc_time_created: "" }))).toEqual(
      invalid("Model json is missing mandatory fields: {'artifact_path', 'flavors'}"),
    );
    expect(await failure(client.logModel({ runId }))).toEqual(missing("model_json"));
    expect(await failure(client.logModel({ modelJson: "{}" }))).toEqual(missing("run_id"));
    expect(await failure(client.logModel({ runId: "x", modelJson: JSON.stringify(model) }))).toEqual(
      noRun("x"),
    );
    expect(await tag()).toBeUndefined();
  });

  test("the list must fit a tag; a model too many leaves it as it was", async () => {
    const { log, tag } = await setUp();
    await log(model);
    const before = await tag();
    expect((await failure(log({ ...model, run_id: "x".repeat(5000) }))).message).toMatch(
      /^Tag value '\[\{.{248}' had length \d+, which exceeded length limit of 5000$/,
    );
    expect(await tag()).toBe(before);
  });
});

test("models logged at once are all in the list", async () => {
  const client = (await server.project()).client(MlflowService, "rest");
  const runId = (await client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
  const names = Array.from({ length: 8 }, (_, i) => `model-${i}`);
  await Promise.all(
    names.map((name) =>
      client.logModel({ runId, modelJson: JSON.stringify({ ...model, artifact_path: name }) }),
    ),
  );
  const tag = (await client.getRun({ runId })).run?.data?.tags.find(({ key }) => key === history)?.value;
  const listed: { artifact_path: string }[] = JSON.parse(tag ?? "[]");
  expect(listed.map(({ artifact_path }) => artifact_path).toSorted()).toEqual(names);
});
