import { describe, expect, test } from "vitest";
import { ModelRegistryService, type RegisteredModel } from "../../gen/mlflow/model_registry_pb.js";
import { absent, badName, invalid, missing } from "../support/mlflow-errors.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer();

const noModel = (name: string) => absent(`Registered Model with name=${name} not found`);
const taken = (name: string) => ({
  errorCode: "RESOURCE_ALREADY_EXISTS",
  message: `Registered Model (name=${name}) already exists.`,
});

describe.each(protocols)("registered models over %s", (protocol) => {
  const setUp = async () => (await server.project()).client(ModelRegistryService, protocol);

  test("a created model is read back", async () => {
    const client = await setUp();
    const before = BigInt(Date.now());
    const { registeredModel: created } = await client.createRegisteredModel({
      name: " a/b:c $ é 日本",
      description: "größe",
      tags: [{ key: "team", value: "vision" }, { key: "empty" }],
    });
    expect(created).toMatchObject({
      name: " a/b:c $ é 日本",
      description: "größe",
      tags: [
        { key: "empty", value: "" },
        { key: "team", value: "vision" },
      ],
      latestVersions: [],
      aliases: [],
    });
    expect(created?.creationTimestamp).toBeGreaterThanOrEqual(before);
    expect(created?.lastUpdatedTimestamp).toBe(created?.creationTimestamp);
    const { registeredModel } = await client.getRegisteredModel({ name: " a/b:c $ é 日本" });
    expect(registeredModel).toEqual(created);
  });

  test("a name is taken until its model is deleted, and case counts", async () => {
    const client = await setUp();
    await client.createRegisteredModel({ name: "wine", description: "first" });
    expect(await failure(client.createRegisteredModel({ name: "wine", description: "second" }))).toEqual(
      taken("wine"),
    );
    expect((await client.getRegisteredModel({ name: "wine" })).registeredModel?.description).toBe("first");
    expect((await client.createRegisteredModel({ name: "Wine" })).registeredModel?.name).toBe("Wine");
    await client.deleteRegisteredModel({ name: "wine" });
    expect(await failure(client.deleteRegisteredModel({ name: "wine" }))).toEqual(noModel("wine"));
    expect(await failure(client.getRegisteredModel({ name: "wine" }))).toEqual(noModel("wine"));
    await client.createRegisteredModel({ name: "wine" });
  });

  test("of a tag given twice the last value counts", async () => {
    const client = await setUp();
    const tags = [
      { key: "k", value: "1" },
      { key: "k", value: "2" },
    ];
    const { registeredModel } = await client.createRegisteredModel({ name: "m", tags });
    expect(registeredModel?.tags).toMatchObject([{ key: "k", value: "2" }]);
  });

  test("an update sets the description, or clears it, and moves the time", async () => {
    const client = await setUp();
    await client.createRegisteredModel({ name: "m", description: "old" });
    const { registeredModel: updated } = await client.updateRegisteredModel({
      name: "m",
      description: "new",
    });
    expect(updated?.description).toBe("new");
    expect(updated?.lastUpdatedTimestamp).toBeGreaterThanOrEqual(updated?.creationTimestamp ?? 0n);
    const { registeredModel: cleared } = await client.updateRegisteredModel({ name: "m" });
    expect(Object.hasOwn(cleared ?? {}, "description")).toBe(false);
    expect((await client.getRegisteredModel({ name: "m" })).registeredModel).toEqual(cleared);
    expect(await failure(client.updateRegisteredModel({ name: "x", description: "y" }))).toEqual(
      noModel("x"),
    );
  });

  test("a rename takes versions, tags and aliases along", async () => {
    const client = await setUp();
    await client.createRegisteredModel({ name: "old", description: "d", tags: [{ key: "k", value: "v" }] });
    await client.createModelVersion({ name: "old", source: "s", tags: [{ key: "t", value: "w" }] });
    await client.setRegisteredModelAlias({ name: "old", alias: "best", version: "1" });
    const { registeredModel: renamed } = await client.renameRegisteredModel({ name: "old", newName: "new" });
    expect(renamed).toMatchObject({
      name: "new",
      description: "d",
      tags: [{ key: "k", value: "v" }],
      aliases: [{ alias: "best", version: "1" }],
      latestVersions: [{ name: "new", version: "1", tags: [{ key: "t", value: "w" }], aliases: ["best"] }],
    });
    expect(renamed?.latestVersions[0]?.lastUpdatedTimestamp).toBe(renamed?.lastUpdatedTimestamp);
    expect(await failure(client.getRegisteredModel({ name: "old" }))).toEqual(noModel("old"));
    const { modelVersion } = await client.getModelVersionByAlias({ name: "new", alias: "best" });
    expect(modelVersion?.name).toBe("new");
    // The old name is free.
    await client.createRegisteredModel({ name: "old" });
  });

  test("a model may be given its own name, but not another's", async () => {
    const client = await setUp();
    await client.createRegisteredModel({ name: "a" });
    await client.createRegisteredModel({ name: "b" });
    await client.createModelVersion({ name: "a", source: "s" });
    expect((await client.renameRegisteredModel({ name: "a", newName: "a" })).registeredModel?.name).toBe("a");
    expect(await failure(client.renameRegisteredModel({ name: "a", newName: "b" }))).toEqual(taken("b"));
    expect((await client.getModelVersion({ name: "a", version: "1" })).modelVersion?.source).toBe("s");
    expect(await failure(client.renameRegisteredModel({ name: "x", newName: "b" }))).toEqual(noModel("x"));
  });

  test("what belongs to a deleted model is gone, and a new one of its name starts at version 1", async () => {
    const client = await setUp();
    await client.createRegisteredModel({ name: "m", tags: [{ key: "k", value: "v" }] });
    for (const source of ["a", "b"]) await client.createModelVersion({ name: "m", source });
    await client.setRegisteredModelAlias({ name: "m", alias: "best", version: "2" });
    await client.deleteRegisteredModel({ name: "m" });
    expect(await failure(client.getModelVersion({ name: "m", version: "1" }))).toEqual(
      absent("Model Version (name=m, version=1) not found"),
    );
    expect((await client.searchModelVersions({})).modelVersions).toEqual([]);
    const { registeredModel } = await client.createRegisteredModel({ name: "m" });
    expect(registeredModel).toMatchObject({ tags: [], aliases: [], latestVersions: [] });
    expect((await client.createModelVersion({ name: "m", source: "c" })).modelVersion?.version).toBe("1");
  });

  test("a tag is set, replaced, and deleted as often as one likes, and leaves the model's time alone", async () => {
    const client = await setUp();
    const { registeredModel: created } = await client.createRegisteredModel({ name: "m" });
    await client.setRegisteredModelTag({ name: "m", key: "k", value: "1" });
    await client.setRegisteredModelTag({ name: "m", key: "k", value: "2" });
    await client.setRegisteredModelTag({ name: "m", key: "größe" });
    const { registeredModel: tagged } = await client.getRegisteredModel({ name: "m" });
    expect(tagged?.tags).toMatchObject([
      { key: "größe", value: "" },
      { key: "k", value: "2" },
    ]);
    await client.deleteRegisteredModelTag({ name: "m", key: "k" });
    await client.deleteRegisteredModelTag({ name: "m", key: "k" });
    const { registeredModel: untagged } = await client.getRegisteredModel({ name: "m" });
    expect(untagged?.tags).toMatchObject([{ key: "größe" }]);
    expect(untagged?.lastUpdatedTimestamp).toBe(created?.lastUpdatedTimestamp);
    expect(await failure(client.setRegisteredModelTag({ name: "x", key: "k", value: "1" }))).toEqual(
      noModel("x"),
    );
    expect(await failure(client.deleteRegisteredModelTag({ name: "x", key: "k" }))).toEqual(noModel("x"));
  });

  test("the latest versions are the greatest of each stage, or of the stages asked for", async () => {
    const client = await setUp();
    await client.createRegisteredModel({ name: "m" });
    const latest = async (...stages: string[]) =>
      (await client.getLatestVersions({ name: "m", stages })).modelVersions
        .map(({ version, currentStage }) => `${version} ${currentStage}`)
        .sort();
    expect(await latest()).toEqual([]);
    for (const source of ["a", "b", "c", "d", "e"]) await client.createModelVersion({ name: "m", source });
    for (const [version, stage] of [
      ["1", "Production"],
      ["2", "Production"],
      ["3", "Staging"],
    ] as const)
      await client.transitionModelVersionStage({ name: "m", version, stage });
    expect(await latest()).toEqual(["2 Production", "3 Staging", "5 None"]);
    expect(await latest("production", "Archived", "NONE")).toEqual(["2 Production", "5 None"]);
    await client.deleteModelVersion({ name: "m", version: "5" });
    const { registeredModel } = await client.getRegisteredModel({ name: "m" });
    expect(registeredModel?.latestVersions.map(({ version }) => version).sort()).toEqual(["2", "3", "4"]);
    expect(await failure(client.getLatestVersions({ name: "m", stages: ["None", "bogus"] }))).toEqual(
      invalid(
        "Invalid Model Version stage: bogus. Value must be one of None, Staging, Production, Archived.",
      ),
    );
    expect(await failure(client.getLatestVersions({ name: "x" }))).toEqual(noModel("x"));
  });

  test("required parameters are asked for in MLflow's words and order", async () => {
    const client = await setUp();
    const name = "m";
    expect(await failure(client.createRegisteredModel({}))).toEqual(missing("name"));
    expect(await failure(client.createRegisteredModel({ name: "" }))).toEqual(missing("name"));
    expect(await failure(client.getRegisteredModel({}))).toEqual(missing("name"));
    expect(await failure(client.updateRegisteredModel({ description: "d" }))).toEqual(missing("name"));
    expect(await failure(client.renameRegisteredModel({ newName: "n" }))).toEqual(missing("name"));
    expect(await failure(client.renameRegisteredModel({ name }))).toEqual(missing("new_name"));
    expect(await failure(client.deleteRegisteredModel({}))).toEqual(missing("name"));
    expect(await failure(client.getLatestVersions({ stages: ["bogus"] }))).toEqual(missing("name"));
    expect(await failure(client.setRegisteredModelTag({ key: "k" }))).toEqual(missing("name"));
    expect(await failure(client.setRegisteredModelTag({ name }))).toEqual(missing("key"));
    expect(await failure(client.deleteRegisteredModelTag({ key: "k" }))).toEqual(missing("name"));
    expect(await failure(client.deleteRegisteredModelTag({ name }))).toEqual(missing("key"));
  });

  test("what is too long or badly named is refused and stores nothing", async () => {
    const client = await setUp();
    const tooLong = (what: string, letter: string, length: number, limit: number) =>
      invalid(
        `${what} '${letter.repeat(250)}' had length ${length}, which exceeded length limit of ${limit}`,
      );
    const model = (more: object) => failure(client.createRegisteredModel({ name: "m", ...more }));
    expect(await model({ name: "é".repeat(257) })).toEqual(tooLong("Parameter 'name'", "é", 257, 256));
    expect(await model({ description: "d".repeat(5001) })).toEqual(
      tooLong("Parameter 'description'", "d", 5001, 5000),
    );
    expect(await model({ tags: [{ key: "k".repeat(251) }] })).toEqual(
      tooLong("Registered model key", "k", 251, 250),
    );
    expect(await model({ tags: [{ key: "k", value: "v".repeat(5001) }] })).toEqual(
      tooLong("Registered model value", "v", 5001, 5000),
    );
    expect(await model({ tags: [{ key: "k" }, { key: "a$" }] })).toEqual(badName("tag", "a$"));
    expect(await failure(client.getRegisteredModel({ name: "m" }))).toEqual(noModel("m"));

    await client.createRegisteredModel({
      name: "m",
      description: "d".repeat(5000),
      tags: [{ key: "k".repeat(250), value: "🍷".repeat(5000) }],
    });
    await client.createRegisteredModel({ name: "🍷".repeat(256) });
    expect(await failure(client.renameRegisteredModel({ name: "m", newName: "n".repeat(257) }))).toEqual(
      tooLong("Parameter 'new_name'", "n", 257, 256),
    );
    expect(await failure(client.updateRegisteredModel({ name: "m", description: "d".repeat(5001) }))).toEqual(
      tooLong("Parameter 'description'", "d", 5001, 5000),
    );
    expect(await failure(client.setRegisteredModelTag({ name: "m", key: "a$" }))).toEqual(
      badName("tag", "a$"),
    );
    expect(await failure(client.deleteRegisteredModelTag({ name: "m", key: "a$" }))).toEqual(
      badName("tag", "a$"),
    );
    expect((await client.getRegisteredModel({ name: "m" })).registeredModel?.tags).toHaveLength(1);
  });

  test("text that Postgres cannot hold is refused", async () => {
    const client = await setUp();
    const refused = { errorCode: "INVALID_PARAMETER_VALUE" };
    await client.createRegisteredModel({ name: "m" });
    expect(await failure(client.createRegisteredModel({ name: "a\0" }))).toMatchObject(refused);
    expect(await failure(client.getRegisteredModel({ name: "a\0" }))).toMatchObject(refused);
    expect(await failure(client.renameRegisteredModel({ name: "m", newName: "\0" }))).toMatchObject(refused);
    expect(await failure(client.updateRegisteredModel({ name: "m", description: "\0" }))).toMatchObject(
      refused,
    );
    expect(await failure(client.setRegisteredModelTag({ name: "m", key: "k", value: "\0" }))).toMatchObject(
      refused,
    );
  });

  test("another project's model does not exist here, and its name is free", async () => {
    const [mine, theirs] = [await setUp(), await setUp()];
    const name = "m";
    await theirs.createRegisteredModel({ name, tags: [{ key: "k", value: "theirs" }] });
    await theirs.createModelVersion({ name, source: "s" });
    const { registeredModel: before } = await theirs.getRegisteredModel({ name });
    const gone = noModel(name);
    expect(await failure(mine.getRegisteredModel({ name }))).toEqual(gone);
    expect(await failure(mine.updateRegisteredModel({ name, description: "d" }))).toEqual(gone);
    expect(await failure(mine.renameRegisteredModel({ name, newName: "n" }))).toEqual(gone);
    expect(await failure(mine.deleteRegisteredModel({ name }))).toEqual(gone);
    expect(await failure(mine.getLatestVersions({ name }))).toEqual(gone);
    expect(await failure(mine.setRegisteredModelTag({ name, key: "k", value: "mine" }))).toEqual(gone);
    expect(await failure(mine.deleteRegisteredModelTag({ name, key: "k" }))).toEqual(gone);
    expect(await failure(mine.createModelVersion({ name, source: "s" }))).toEqual(gone);
    expect((await mine.createRegisteredModel({ name })).registeredModel).toMatchObject({
      tags: [],
      latestVersions: [],
    });
    await mine.deleteRegisteredModel({ name });
    expect((await theirs.getRegisteredModel({ name })).registeredModel).toEqual(before);
  });
});

const outcomes = async (calls: Promise<unknown>[]) => {
  const results = await Promise.allSettled(calls);
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  return {
    succeeded: results.length - failures.length,
    codes: new Set(
      await Promise.all(failures.map(async (f) => (await failure(Promise.reject(f))).errorCode)),
    ),
  };
};

test("sixteen at once who create one name make one model", async () => {
  const client = (await server.project()).client(ModelRegistryService, "rest");
  const { succeeded, codes } = await outcomes(
    Array.from({ length: 16 }, () => client.createRegisteredModel({ name: "same" })),
  );
  expect([succeeded, ...codes]).toEqual([1, "RESOURCE_ALREADY_EXISTS"]);
});

test("of eight renames at once to one name a single one succeeds, and no model is lost", async () => {
  const client = (await server.project()).client(ModelRegistryService, "rest");
  const names = Array.from({ length: 8 }, (_, i) => `m${i}`);
  for (const name of names) await client.createRegisteredModel({ name });
  const { succeeded, codes } = await outcomes(
    names.map((name) => client.renameRegisteredModel({ name, newName: "same" })),
  );
  expect([succeeded, ...codes]).toEqual([1, "RESOURCE_ALREADY_EXISTS"]);
  const { registeredModels } = await client.listRegisteredModels({});
  expect(registeredModels).toHaveLength(8);
  expect(registeredModels.map(({ name }: RegisteredModel) => name)).toContain("same");
});

test("tags set while their model is deleted are set or find no model", async () => {
  const client = (await server.project()).client(ModelRegistryService, "rest");
  const name = "m";
  for (let round = 0; round < 5; round++) {
    await client.createRegisteredModel({ name });
    await client.createModelVersion({ name, source: "s" });
    const { codes } = await outcomes([
      ...Array.from({ length: 6 }, (_, i) =>
        client.setRegisteredModelTag({ name, key: `k${i}`, value: "v" }),
      ),
      ...Array.from({ length: 6 }, (_, i) =>
        client.setModelVersionTag({ name, version: "1", key: `k${i}`, value: "v" }),
      ),
      client.deleteRegisteredModel({ name }),
    ]);
    expect([...codes].filter((code) => code !== "RESOURCE_DOES_NOT_EXIST")).toEqual([]);
    expect(await failure(client.getRegisteredModel({ name }))).toEqual(noModel(name));
  }
});

describe("the wire of registered models", () => {
  test("every path of 1.28 has its preview twin", async () => {
    const { rest } = await server.project();
    const path = (rpc: string) => `/api/2.0/preview/mlflow/${rpc}`;
    const status = async (...call: Parameters<typeof rest>) => (await rest(...call)).status;
    const name = "m";
    const calls: Parameters<typeof rest>[] = [
      ["POST", path("registered-models/create"), { name }],
      ["GET", path(`registered-models/get?name=${name}`)],
      ["PATCH", path("registered-models/update"), { name, description: "d" }],
      ["POST", path("registered-models/rename"), { name, new_name: name }],
      ["GET", path("registered-models/list")],
      ["GET", path("registered-models/search")],
      ["GET", path(`registered-models/get-latest-versions?name=${name}&stages=None&stages=Staging`)],
      ["POST", path("registered-models/set-tag"), { name, key: "k", value: "v" }],
      ["DELETE", path("registered-models/delete-tag"), { name, key: "k" }],
      ["POST", path("model-versions/create"), { name, source: "s" }],
      ["GET", path(`model-versions/get?name=${name}&version=1`)],
      ["PATCH", path("model-versions/update"), { name, version: "1", description: "d" }],
      ["POST", path("model-versions/transition-stage"), { name, version: "1", stage: "Staging" }],
      ["GET", path(`model-versions/get-download-uri?name=${name}&version=1`)],
      ["GET", path("model-versions/search")],
      ["POST", path("model-versions/set-tag"), { name, version: "1", key: "k", value: "v" }],
      ["DELETE", path("model-versions/delete-tag"), { name, version: "1", key: "k" }],
      ["DELETE", path("model-versions/delete"), { name, version: "1" }],
      ["DELETE", path("registered-models/delete"), { name }],
    ];
    for (const call of calls) expect([call[1], await status(...call)]).toEqual([call[1], 200]);
  });

  test("the latest versions are read by POST and by GET", async () => {
    const { rest } = await server.project();
    await rest("POST", "registered-models/create", { name: "m" });
    await rest("POST", "model-versions/create", { name: "m", source: "s" });
    const posted = await rest("POST", "registered-models/get-latest-versions", { name: "m", stages: [] });
    const got = await rest("GET", "registered-models/get-latest-versions?name=m");
    expect(posted.body.model_versions).toHaveLength(1);
    expect(got.body).toEqual(posted.body);
  });

  test("fields that are not set are not printed, and an empty description is none", async () => {
    const { rest } = await server.project();
    const { body } = await rest("POST", "registered-models/create", { name: "m", description: "" });
    expect(body).toEqual({
      registered_model: {
        name: "m",
        creation_timestamp: expect.any(Number),
        last_updated_timestamp: body.registered_model.creation_timestamp,
      },
    });
    expect((await rest("DELETE", "registered-models/delete", { name: "m" })).body).toEqual({});
  });

  test("a DELETE reads its body and not its query", async () => {
    const { rest } = await server.project();
    await rest("POST", "registered-models/create", { name: "m" });
    const { status, body } = await rest("DELETE", "registered-models/delete?name=m");
    expect([status, body.message]).toEqual([400, missing("name").message]);
    expect((await rest("GET", "registered-models/get?name=m")).status).toBe(200);
  });
});
