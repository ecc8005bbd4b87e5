import { describe, expect, test } from "vitest";
import { LoggedModelStatus, MlflowService } from "../../gen/mlflow/service_pb.js";
import { absent, invalid, missing } from "../support/mlflow-errors.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer();

const noModel = (id: string) => absent(`Logged model with ID '${id}' not found.`);
const unknown = `m-${"0".repeat(32)}`;

describe.each(protocols)("logged models over %s", (protocol) => {
  const setUp = async () => {
    const project = await server.project();
    const client = project.client(MlflowService, protocol);
    const create = async (more: object = {}) =>
      (await client.createLoggedModel({ experimentId: "0", name: "model", ...more })).model?.info?.modelId ??
      "";
    const get = async (modelId: string) => (await client.getLoggedModel({ modelId })).model;
    const run = async () => (await client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
    const search = async (more: object = {}) =>
      (await client.searchLoggedModels({ experimentIds: ["0"], ...more })).models.map(
        (model) => model.info?.modelId,
      );
    return { project, client, create, get, run, search };
  };
  const pairs = (items: { key: string; value: string }[] | undefined) =>
    items?.map(({ key, value }) => [key, value]);

  test("a new model is pending, below its experiment's artifacts, and ready once it is finalized", async () => {
    const { client, get } = await setUp();
    const before = BigInt(Date.now());
    const { model } = await client.createLoggedModel({
      experimentId: "0",
      name: "modèle",
      modelType: "sklearn",
      sourceRunId: "a".repeat(32),
      params: [
        { key: "b", value: "2" },
        { key: "a", value: "1" },
      ],
      tags: [
        { key: "t", value: "first" },
        { key: "t", value: "last" },
      ],
    });
    const modelId = model?.info?.modelId ?? "";
    expect(modelId).toMatch(/^m-[0-9a-f]{32}$/);
    expect(model?.info).toMatchObject({
      experimentId: "0",
      name: "modèle",
      modelType: "sklearn",
      sourceRunId: "a".repeat(32),
      artifactUri: `mlflow-artifacts:/0/models/${modelId}/artifacts`,
      status: LoggedModelStatus.LOGGED_MODEL_PENDING,
    });
    expect(model?.info?.creationTimestampMs).toBeGreaterThanOrEqual(before);
    expect(pairs((await get(modelId))?.data?.params)).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    expect(pairs((await get(modelId))?.info?.tags)).toEqual([["t", "last"]]);

    const status = LoggedModelStatus.LOGGED_MODEL_READY;
    for (let i = 0; i < 2; i++)
      expect((await client.finalizeLoggedModel({ modelId, status })).model?.info?.status).toBe(status);
    expect((await get(modelId))?.info?.status).toBe(status);
    expect((await get(modelId))?.info?.lastUpdatedTimestampMs).toBeGreaterThanOrEqual(
      model?.info?.creationTimestampMs ?? 0n,
    );
  });

  test("a model without a name gets one", async () => {
    const { client } = await setUp();
    expect((await client.createLoggedModel({ experimentId: "0" })).model?.info?.name).toMatch(
      /^model-\w{8}$/,
    );
  });

  test("what no model can have is refused, and no model is made of it", async () => {
    const { client, search } = await setUp();
    const refused = (request: object) => failure(client.createLoggedModel({ experimentId: "0", ...request }));
    expect(await refused({ experimentId: "" })).toEqual(missing("experiment_id"));
    expect(await refused({ experimentId: "77" })).toEqual(absent("No Experiment with id=77 exists"));
    for (const name of ["", "a/b", "a:b", "a.b", "100%"])
      expect(await refused({ name })).toMatchObject({
        errorCode: "INVALID_PARAMETER_VALUE",
        message: expect.stringContaining(`Invalid model name ('${name}') provided.`),
      });
    expect(await refused({ name: "x".repeat(257) })).toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
    expect(await refused({ params: [{ key: "", value: "1" }] })).toEqual(missing("params.key"));
    expect(
      await refused({
        params: [
          { key: "p", value: "1" },
          { key: "p", value: "2" },
        ],
      }),
    ).toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
    expect(await refused({ tags: [{ key: "k".repeat(251), value: "1" }] })).toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
    });
    expect(await search()).toEqual([]);
  });

  test("a deleted experiment takes no model", async () => {
    const { client } = await setUp();
    const { experimentId } = await client.createExperiment({ name: "gone" });
    await client.deleteExperiment({ experimentId });
    expect(await failure(client.createLoggedModel({ experimentId, name: "m" }))).toEqual(
      invalid(`The experiment ${experimentId} must be in the 'active' state. Current state is deleted.`),
    );
  });

  test("a model is finalized as ready or failed, and as nothing else", async () => {
    const { client, create, get } = await setUp();
    const modelId = await create();
    expect(await failure(client.finalizeLoggedModel({ modelId }))).toEqual(missing("status"));
    const status = LoggedModelStatus.LOGGED_MODEL_PENDING;
    expect(await failure(client.finalizeLoggedModel({ modelId, status }))).toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
    });
    await client.finalizeLoggedModel({ modelId, status: LoggedModelStatus.LOGGED_MODEL_UPLOAD_FAILED });
    expect((await get(modelId))?.info?.status).toBe(LoggedModelStatus.LOGGED_MODEL_UPLOAD_FAILED);
  });

  test("a deleted model is gone from every call, and may be deleted again", async () => {
    const { client, create, search } = await setUp();
    const modelId = await create();
    for (let i = 0; i < 2; i++) await client.deleteLoggedModel({ modelId });
    expect(await search()).toEqual([]);
    const status = LoggedModelStatus.LOGGED_MODEL_READY;
    for (const call of [
      () => client.getLoggedModel({ modelId }),
      () => client.finalizeLoggedModel({ modelId, status }),
      () => client.setLoggedModelTags({ modelId, tags: [{ key: "a", value: "b" }] }),
      () => client.deleteLoggedModelTag({ modelId, tagKey: "a" }),
      () => client.logLoggedModelParams({ modelId, params: [{ key: "a", value: "b" }] }),
      () => client.listLoggedModelArtifacts({ modelId }),
    ])
      expect(await failure(call())).toEqual(noModel(modelId));
  });

  test("an unknown model, a malformed id and another project's model answer alike", async () => {
    const { client } = await setUp();
    const other = await setUp();
    const foreign = await other.create({ tags: [{ key: "k", value: "v" }] });
    const status = LoggedModelStatus.LOGGED_MODEL_READY;
    for (const modelId of [unknown, "m-1", "x' or true", foreign])
      for (const call of [
        () => client.getLoggedModel({ modelId }),
        () => client.finalizeLoggedModel({ modelId, status }),
        () => client.deleteLoggedModel({ modelId }),
        () => client.setLoggedModelTags({ modelId, tags: [{ key: "a", value: "b" }] }),
        () => client.deleteLoggedModelTag({ modelId, tagKey: "k" }),
        () => client.logLoggedModelParams({ modelId, params: [{ key: "a", value: "b" }] }),
        () => client.listLoggedModelArtifacts({ modelId }),
      ])
        expect(await failure(call())).toEqual(noModel(modelId));
    expect(pairs((await other.get(foreign))?.info?.tags)).toEqual([["k", "v"]]);
    expect((await other.get(foreign))?.data?.params).toEqual([]);
  });

  test("tags are set over earlier values and deleted once", async () => {
    const { client, create, get } = await setUp();
    const modelId = await create({ tags: [{ key: "a", value: "1" }] });
    const tags = [
      { key: "b", value: "" },
      { key: "a", value: "2" },
    ];
    expect(pairs((await client.setLoggedModelTags({ modelId, tags })).model?.info?.tags)).toEqual([
      ["a", "2"],
      ["b", ""],
    ]);
    await client.deleteLoggedModelTag({ modelId, tagKey: "a" });
    expect(await failure(client.deleteLoggedModelTag({ modelId, tagKey: "a" }))).toEqual(
      absent(`No tag with key 'a' found for model with ID '${modelId}'.`),
    );
    expect(pairs((await get(modelId))?.info?.tags)).toEqual([["b", ""]]);
  });

  test("params are written once: equal ones may be repeated, a changed one refuses all", async () => {
    const { client, create, get } = await setUp();
    const modelId = await create({ params: [{ key: "a", value: "1" }] });
    const params = [
      { key: "a", value: "1" },
      { key: "b", value: "2" },
    ];
    for (let i = 0; i < 2; i++) await client.logLoggedModelParams({ modelId, params });
    expect(
      await failure(
        client.logLoggedModelParams({
          modelId,
          params: [
            { key: "c", value: "3" },
            { key: "a", value: "it's" },
          ],
        }),
      ),
    ).toEqual(
      invalid(
        `Changing param values is not allowed. Param with key='a' was already logged with value='1'. Attempted logging new value "it's".`,
      ),
    );
    expect(pairs((await get(modelId))?.data?.params)).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
  });

  test("a model's files are listed below its root, one level at a time", async () => {
    const { project, client, create } = await setUp();
    const modelId = await create();
    const root = `/api/2.0/mlflow-artifacts/artifacts/0/models/${modelId}/artifacts`;
    await project.rest("PUT", `${root}/MLmodel`, "flavors");
    await project.rest("PUT", `${root}/data/model.pkl`, "bytes!");
    const listed = async (artifactDirectoryPath?: string) =>
      (
        await client.listLoggedModelArtifacts({
          modelId,
          ...(artifactDirectoryPath && { artifactDirectoryPath }),
        })
      ).files.map(({ path, isDir, fileSize }) => [path, isDir, fileSize]);
    expect((await client.listLoggedModelArtifacts({ modelId })).rootUri).toBe(
      `mlflow-artifacts:/0/models/${modelId}/artifacts`,
    );
    expect(await listed()).toEqual([
      ["MLmodel", false, 7n],
      ["data", true, 0n],
    ]);
    expect(await listed("data")).toEqual([["data/model.pkl", false, 6n]]);
    expect(await listed("nothing")).toEqual([]);
    expect(
      await failure(client.listLoggedModelArtifacts({ modelId, artifactDirectoryPath: "../.." })),
    ).toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
  });

  describe("metrics", () => {
    const point = (key: string, value: number, step: bigint, more: object = {}) => ({
      key,
      value,
      step,
      timestamp: 1n,
      ...more,
    });

    test("that name a model are the run's and the model's, of which the model keeps the latest per run and dataset", async () => {
      const { client, create, get, run } = await setUp();
      const [modelId, runId, otherRun] = [await create(), await run(), await run()];
      const dataset = { datasetName: "d", datasetDigest: "1" };
      for (let i = 0; i < 2; i++) {
        await client.logMetric({ runId, ...point("acc", 0.5, 1n), modelId });
        await client.logBatch({
          runId,
          metrics: [
            point("acc", 0.7, 3n, { modelId }),
            point("acc", 0.6, 2n, { modelId }),
            point("acc", 0.1, 9n, { modelId, ...dataset }),
            point("plain", 1, 1n),
          ],
        });
        await client.logMetric({ runId: otherRun, ...point("acc", Number.NaN, 0n), modelId });
      }
      const metrics = (await get(modelId))?.data?.metrics ?? [];
      expect(metrics.map((m) => [m.key, m.value, m.step, m.datasetName, m.datasetDigest, m.runId])).toEqual([
        ["acc", 0.7, 3n, "", "", runId],
        ["acc", 0.1, 9n, "d", "1", runId],
        ["acc", Number.NaN, 0n, "", "", otherRun],
      ]);
      expect(metrics.every((metric) => metric.modelId === modelId && metric.timestamp === 1n)).toBe(true);
      const { metrics: own } = await client.getMetricHistory({ runId, metricKey: "acc" });
      expect(own.map((metric) => metric.step)).toEqual([1n, 2n, 3n, 9n]);
    });

    test("that name a model which does not exist here are refused with all that came with them", async () => {
      const { client, create, run } = await setUp();
      const foreign = await (await setUp()).create();
      const [modelId, runId] = [await create(), await run()];
      for (const wrong of [unknown, foreign, "x"]) {
        expect(await failure(client.logMetric({ runId, ...point("m", 1, 0n), modelId: wrong }))).toEqual(
          noModel(wrong),
        );
        const metrics = [
          point("a", 1, 0n),
          point("b", 1, 0n, { modelId }),
          point("c", 1, 0n, { modelId: wrong }),
        ];
        expect(await failure(client.logBatch({ runId, metrics, tags: [{ key: "t", value: "v" }] }))).toEqual(
          noModel(wrong),
        );
      }
      const data = (await client.getRun({ runId })).run?.data;
      expect([data?.metrics, data?.tags]).toEqual([[], []]);
    });

    test("of a deleted run's request do not reach the model", async () => {
      const { client, create, get, run } = await setUp();
      const [modelId, runId] = [await create(), await run()];
      await client.deleteRun({ runId });
      await failure(client.logMetric({ runId, ...point("m", 1, 0n), modelId }));
      expect((await get(modelId))?.data?.metrics).toEqual([]);
    });
  });

  describe("search", () => {
    test("finds by each kind of condition, in the experiments that are named", async () => {
      const { client, create, run, search } = await setUp();
      const { experimentId } = await client.createExperiment({ name: "other" });
      const runId = await run();
      const first = await create({
        name: "p",
        sourceRunId: runId,
        params: [{ key: "alpha", value: "1" }],
        tags: [{ key: "Env", value: "Prod" }],
      });
      const second = await create({ name: "Q", modelType: "torch", params: [{ key: "alpha", value: "2" }] });
      const third = await create({ name: "p", experimentId });
      await client.finalizeLoggedModel({
        modelId: second,
        status: LoggedModelStatus.LOGGED_MODEL_UPLOAD_FAILED,
      });
      await client.logBatch({
        runId,
        metrics: [
          {
            key: "acc",
            value: 0.9,
            timestamp: 1n,
            step: 0n,
            modelId: first,
            datasetName: "d",
            datasetDigest: "1",
          },
          { key: "acc", value: 0.4, timestamp: 1n, step: 0n, modelId: second },
          { key: "nan", value: Number.NaN, timestamp: 1n, step: 0n, modelId: second },
        ],
      });
      const found = (filter: string) => search({ filter });
      expect(await search()).toEqual([second, first]);
      expect(await search({ experimentIds: ["0", experimentId] })).toEqual([third, second, first]);
      expect(await search({ experimentIds: ["99", "0"] })).toEqual([second, first]);
      for (const [filter, wanted] of [
        ["name = 'p'", [first]],
        ["name != 'p'", [second]],
        ["name ILIKE 'q%'", [second]],
        ["name LIKE 'q%'", []],
        [`model_id = '${first}'`, [first]],
        [`source_run_id IN ('${runId}', 'x')`, [first]],
        ["model_type NOT IN ('sklearn')", [second]],
        ["status = 'FAILED'", [second]],
        ["status = 'LOGGED_MODEL_UPLOAD_FAILED'", [second]],
        ["status IN ('PENDING')", [first]],
        ["experiment_id = '0'", [second, first]],
        ["creation_timestamp > 0 AND last_updated_timestamp < 1", []],
        ["params.alpha = '1'", [first]],
        ["params.alpha IN ('1', '2') AND name = 'Q'", [second]],
        ["params.beta != '1'", []],
        ["tags.Env = 'Prod'", [first]],
        ["tags.env = 'Prod'", []],
        ["metrics.acc > 0.5", [first]],
        ["metrics.acc <= 0.9", [second, first]],
        ["metrics.nan > 0", []],
        ["metrics.nan != 0", [second]],
      ] as const)
        expect([filter, await found(filter)]).toEqual([filter, wanted]);
      const datasets = [{ datasetName: "d" }];
      expect(await search({ datasets })).toEqual([first]);
      expect(await search({ datasets: [{ datasetName: "d", datasetDigest: "2" }] })).toEqual([]);
      expect(await search({ datasets, filter: "metrics.acc < 0.5" })).toEqual([]);
    });

    test("orders by attributes and metrics, with what lacks them last, and pages through all of it once", async () => {
      const { client, create, run, search } = await setUp();
      const runId = await run();
      const ids: string[] = [];
      for (const name of ["b", "a", "c", "a", "d"]) ids.push(await create({ name }));
      const [b, a1, c, a2, d] = ids;
      const values = [0.5, Number.NaN, 0.7, 0.1];
      await client.logBatch({
        runId,
        metrics: values.map((value, i) => ({
          key: "acc",
          value,
          timestamp: 1n,
          step: 0n,
          modelId: ids[i] ?? "",
          ...(i === 3 && { datasetName: "d" }),
        })),
      });
      const orders = [
        [[{ fieldName: "name" }], [a2, a1, b, c, d]],
        [
          [{ fieldName: "name", ascending: false }, { fieldName: "model_id" }],
          [d, c, b, a1, a2],
        ],
        [[{ fieldName: "metrics.acc" }], [a2, b, c, a1, d]],
        [[{ fieldName: "metrics.acc", ascending: false }], [c, b, a2, a1, d]],
        [[{ fieldName: "metrics.acc", datasetName: "d" }], [a2, d, c, a1, b]],
        [[{ fieldName: "model_type" }], [d, a2, c, a1, b]],
        [
          [{ fieldName: "experiment_id" }, { fieldName: "creation_time" }],
          [b, a1, c, a2, d],
        ],
      ] as const;
      for (const [orderBy, wanted] of orders) {
        expect(await search({ orderBy })).toEqual(wanted);
        for (const maxResults of [1, 2]) {
          const seen: (string | undefined)[] = [];
          let pageToken = "";
          do {
            const page = await client.searchLoggedModels({
              experimentIds: ["0"],
              orderBy: [...orderBy],
              maxResults,
              pageToken,
            });
            expect(page.models.length).toBeLessThanOrEqual(maxResults);
            seen.push(...page.models.map((model) => model.info?.modelId));
            pageToken = page.nextPageToken;
          } while (pageToken !== "");
          expect(seen).toEqual(wanted);
        }
      }
    });

    test("what cannot be searched for is refused", async () => {
      const { client, create } = await setUp();
      const other = await setUp();
      const refused = (request: object) =>
        failure(client.searchLoggedModels({ experimentIds: ["0"], ...request }));
      expect(await refused({ experimentIds: [] })).toEqual(missing("experiment_ids"));
      expect(await refused({ maxResults: 0 })).toEqual(
        invalid("Invalid value for request parameter max_results. It must be at least 1, but got value 0"),
      );
      expect(await refused({ maxResults: 50_001 })).toEqual(
        invalid(
          "Invalid value for request parameter max_results. It must be at most 50000, but got value 50001",
        ),
      );
      expect(await refused({ datasets: [{ datasetDigest: "1" }] })).toEqual(
        invalid("`dataset_name` in the `datasets` clause must be specified."),
      );
      expect(await refused({ filter: "name = 5" })).toEqual(
        invalid("Expected a quoted string value for name. Got value 5"),
      );
      expect(await refused({ orderBy: [{ fieldName: "params.a" }] })).toMatchObject({
        errorCode: "INVALID_PARAMETER_VALUE",
      });
      for (let i = 0; i < 2; i++) await create();
      const { nextPageToken: pageToken } = await client.searchLoggedModels({
        experimentIds: ["0"],
        maxResults: 1,
      });
      expect(await refused({ pageToken, filter: "name = 'x'" })).toMatchObject({
        errorCode: "INVALID_PARAMETER_VALUE",
      });
      expect(
        await failure(other.client.searchLoggedModels({ experimentIds: ["0"], maxResults: 1, pageToken })),
      ).toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
    });

    test("another project's models are not found", async () => {
      const { create } = await setUp();
      await create();
      expect(await (await setUp()).search()).toEqual([]);
    });
  });
});
