import type { Client } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { ModelRegistryService, ModelVersionStatus } from "../../gen/mlflow/model_registry_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { absent, badName, invalid, missing } from "../support/mlflow-errors.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer();

const noVersion = (name: string, version: string) =>
  absent(`Model Version (name=${name}, version=${version}) not found`);
const noName = invalid("Registered model name cannot be empty.");
const noNumber = (text: string) => invalid(`Model version must be an integer, got '${text}'`);

describe.each(protocols)("model versions over %s", (protocol) => {
  /** A client of a project with the model m that has `count` versions, whose sources are s1, s2… */
  const setUp = async (count = 0) => {
    const client = (await server.project()).client(ModelRegistryService, protocol);
    await client.createRegisteredModel({ name: "m" });
    for (let i = 1; i <= count; i++) await client.createModelVersion({ name: "m", source: `s${i}` });
    return client;
  };

  test("a created version is read back, and its model's time is its own", async () => {
    const client = await setUp();
    const { modelVersion: created } = await client.createModelVersion({
      name: "m",
      source: "../../etc/passwd",
      runId: "any-run",
      runLink: "https://example.com/?a=b",
      description: "größe",
      modelId: "m-1",
      tags: [{ key: "k", value: "v" }, { key: "empty" }],
    });
    expect(created).toMatchObject({
      name: "m",
      version: "1",
      currentStage: "None",
      description: "größe",
      source: "../../etc/passwd",
      runId: "any-run",
      runLink: "https://example.com/?a=b",
      modelId: "m-1",
      status: ModelVersionStatus.READY,
      tags: [
        { key: "empty", value: "" },
        { key: "k", value: "v" },
      ],
      aliases: [],
    });
    expect(created?.lastUpdatedTimestamp).toBe(created?.creationTimestamp);
    expect((await client.getModelVersion({ name: "m", version: "1" })).modelVersion).toEqual(created);
    const { registeredModel } = await client.getRegisteredModel({ name: "m" });
    expect(registeredModel?.latestVersions).toEqual([created]);
    expect(registeredModel?.lastUpdatedTimestamp).toBe(created?.creationTimestamp);
    expect((await client.getModelVersionDownloadUri({ name: "m", version: "1" })).artifactUri).toBe(
      "../../etc/passwd",
    );
  });

  test("numbers go up by one and are never used again", async () => {
    const client = await setUp(3);
    await client.deleteModelVersion({ name: "m", version: "3" });
    expect((await client.createModelVersion({ name: "m", source: "s" })).modelVersion?.version).toBe("4");
    expect((await client.searchModelVersions({})).modelVersions.map(({ version }) => version).sort()).toEqual(
      ["1", "2", "4"],
    );
  });

  test("of a tag given twice the last value counts", async () => {
    const client = await setUp();
    const { modelVersion } = await client.createModelVersion({
      name: "m",
      source: "s",
      tags: [
        { key: "k", value: "1" },
        { key: "k", value: "2" },
      ],
    });
    expect(modelVersion?.tags).toMatchObject([{ key: "k", value: "2" }]);
  });

  test("a version is looked up as an integer", async () => {
    const client = await setUp(1);
    for (const version of ["1", "01", " 1 ", "+1"])
      expect((await client.getModelVersion({ name: "m", version })).modelVersion?.version).toBe("1");
    for (const version of ["2", "0", "-1", "9223372036854775808", "-9223372036854775809", "9".repeat(400)])
      expect(await failure(client.getModelVersion({ name: "m", version }))).toEqual(noVersion("m", version));
    for (const version of ["abc", "1.0", "1e0", "0x1", "1 1"])
      expect(await failure(client.getModelVersion({ name: "m", version }))).toEqual(noNumber(version));
    expect(await failure(client.getModelVersion({ name: "x", version: "1" }))).toEqual(noVersion("x", "1"));
  });

  test("an update sets the description, or removes it, and moves the version's time only", async () => {
    const client = await setUp(1);
    const { registeredModel: before } = await client.getRegisteredModel({ name: "m" });
    const { modelVersion: updated } = await client.updateModelVersion({
      name: "m",
      version: "1",
      description: "new",
    });
    expect(updated?.description).toBe("new");
    expect(updated?.lastUpdatedTimestamp).toBeGreaterThanOrEqual(updated?.creationTimestamp ?? 0n);
    const { modelVersion: removed } = await client.updateModelVersion({ name: "m", version: "1" });
    expect(Object.hasOwn(removed ?? {}, "description")).toBe(false);
    const { modelVersion: empty } = await client.updateModelVersion({
      name: "m",
      version: "1",
      description: "",
    });
    expect(Object.hasOwn(empty ?? {}, "description")).toBe(true);
    const { registeredModel: after } = await client.getRegisteredModel({ name: "m" });
    expect(after?.lastUpdatedTimestamp).toBe(before?.lastUpdatedTimestamp);
  });

  test("a version moves between stages, whatever their case, and several may share one", async () => {
    const client = await setUp(2);
    for (const [version, stage, canonical] of [
      ["1", "Staging", "Staging"],
      ["2", "sTAGING", "Staging"],
      ["1", "production", "Production"],
      ["1", "ARCHIVED", "Archived"],
      ["1", "none", "None"],
    ] as const) {
      const { modelVersion } = await client.transitionModelVersionStage({ name: "m", version, stage });
      expect(modelVersion).toMatchObject({ version, currentStage: canonical });
      const { registeredModel } = await client.getRegisteredModel({ name: "m" });
      expect(registeredModel?.lastUpdatedTimestamp).toBe(modelVersion?.lastUpdatedTimestamp);
    }
    expect((await client.getModelVersion({ name: "m", version: "2" })).modelVersion?.currentStage).toBe(
      "Staging",
    );
  });

  test("archiving moves the others of the stage out of it, and nothing else", async () => {
    const client = await setUp(5);
    const move = (version: string, stage: string, archiveExistingVersions = false) =>
      client.transitionModelVersionStage({ name: "m", version, stage, archiveExistingVersions });
    const stages = async () =>
      Promise.all(
        ["1", "2", "3", "4", "5"].map(
          async (version) =>
            (await client.getModelVersion({ name: "m", version })).modelVersion?.currentStage,
        ),
      );
    for (const version of ["1", "2"]) await move(version, "Production");
    await move("3", "Staging");
    await move("4", "production", true);
    expect(await stages()).toEqual(["Archived", "Archived", "Staging", "Production", "None"]);
    // Again, as a client that got no answer would.
    await move("4", "Production", true);
    expect(await stages()).toEqual(["Archived", "Archived", "Staging", "Production", "None"]);
    await move("5", "Production", false);
    expect(await stages()).toEqual(["Archived", "Archived", "Staging", "Production", "Production"]);
  });

  test("a transition that cannot be is refused and changes nothing", async () => {
    const client = await setUp(2);
    await client.transitionModelVersionStage({ name: "m", version: "1", stage: "Production" });
    const { registeredModel: before } = await client.getRegisteredModel({ name: "m" });
    const move = (more: object) =>
      failure(client.transitionModelVersionStage({ name: "m", version: "2", ...more }));
    expect(await move({ stage: "bogus" })).toEqual(
      invalid(
        "Invalid Model Version stage: bogus. Value must be one of None, Staging, Production, Archived.",
      ),
    );
    for (const stage of ["Archived", "none"])
      expect(await move({ stage, archiveExistingVersions: true })).toEqual(
        invalid(
          `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are ['Staging', 'Production']`,
        ),
      );
    expect(await move({ version: "9", stage: "Production", archiveExistingVersions: true })).toEqual(
      noVersion("m", "9"),
    );
    expect(await move({ version: "x", stage: "Production" })).toEqual(noNumber("x"));
    expect((await client.getRegisteredModel({ name: "m" })).registeredModel).toEqual(before);
  });

  test("a deleted version is not there for anything, and its model's time moves", async () => {
    const client = await setUp(2);
    const name = "m";
    const version = "2";
    const { modelVersion: deleted } = await client.getModelVersion({ name, version });
    await client.deleteModelVersion({ name, version });
    const gone = noVersion(name, version);
    expect(await failure(client.deleteModelVersion({ name, version }))).toEqual(gone);
    expect(await failure(client.getModelVersion({ name, version }))).toEqual(gone);
    expect(await failure(client.getModelVersionDownloadUri({ name, version }))).toEqual(gone);
    expect(await failure(client.updateModelVersion({ name, version, description: "d" }))).toEqual(gone);
    expect(await failure(client.transitionModelVersionStage({ name, version, stage: "Staging" }))).toEqual(
      gone,
    );
    expect(await failure(client.setModelVersionTag({ name, version, key: "k" }))).toEqual(gone);
    expect(await failure(client.deleteModelVersionTag({ name, version, key: "k" }))).toEqual(gone);
    expect((await client.searchModelVersions({})).modelVersions).toHaveLength(1);
    const { registeredModel } = await client.getRegisteredModel({ name });
    expect(registeredModel?.latestVersions).toMatchObject([{ version: "1" }]);
    expect(registeredModel?.lastUpdatedTimestamp).toBeGreaterThanOrEqual(deleted?.lastUpdatedTimestamp ?? 0n);
  });

  test("a tag is set, replaced, and deleted as often as one likes", async () => {
    const client = await setUp(2);
    const version = "1";
    const tags = async () => (await client.getModelVersion({ name: "m", version })).modelVersion?.tags;
    await client.setModelVersionTag({ name: "m", version, key: "k", value: "1" });
    await client.setModelVersionTag({ name: "m", version: "01", key: "k", value: "2" });
    await client.setModelVersionTag({ name: "m", version, key: "a/b" });
    expect(await tags()).toMatchObject([
      { key: "a/b", value: "" },
      { key: "k", value: "2" },
    ]);
    await client.deleteModelVersionTag({ name: "m", version, key: "k" });
    await client.deleteModelVersionTag({ name: "m", version, key: "k" });
    expect(await tags()).toMatchObject([{ key: "a/b" }]);
    expect((await client.getModelVersion({ name: "m", version: "2" })).modelVersion?.tags).toEqual([]);
  });

  test("required parameters are asked for in MLflow's words and order, before any is judged", async () => {
    const client = await setUp();
    const [name, version] = ["m", "abc"];
    expect(await failure(client.createModelVersion({ source: "s" }))).toEqual(missing("name"));
    expect(await failure(client.createModelVersion({ name }))).toEqual(missing("source"));
    expect(await failure(client.createModelVersion({ name, source: "" }))).toEqual(missing("source"));
    for (const call of [
      client.updateModelVersion,
      client.deleteModelVersion,
      client.transitionModelVersionStage,
      client.setModelVersionTag,
      client.deleteModelVersionTag,
    ]) {
      expect(await failure(call({ version }))).toEqual(missing("name"));
      expect(await failure(call({ name }))).toEqual(missing("version"));
    }
    // MLflow asks for the one in other words when they come in a query string, for the other always.
    const other = [noName, noNumber("")];
    for (const [call, expected] of [
      [client.getModelVersion, protocol === "rest" ? other : [missing("name"), missing("version")]],
      [client.getModelVersionDownloadUri, other],
    ] as const) {
      expect([await failure(call({ version })), await failure(call({ name }))]).toEqual(expected);
    }
    expect(await failure(client.transitionModelVersionStage({ name, version }))).toEqual(missing("stage"));
    expect(await failure(client.setModelVersionTag({ name, version }))).toEqual(missing("key"));
    expect(await failure(client.deleteModelVersionTag({ name, version }))).toEqual(missing("key"));
  });

  test("what is too long or badly named is refused and makes no version", async () => {
    const client = await setUp();
    const tooLong = (what: string, letter: string, length: number, limit: number) =>
      invalid(
        `${what} '${letter.repeat(Math.min(length, 250))}' had length ${length}, which exceeded length limit of ${limit}`,
      );
    const version = (more: object) => failure(client.createModelVersion({ name: "m", source: "s", ...more }));
    expect(await version({ source: "s".repeat(501) })).toEqual(tooLong("Parameter 'source'", "s", 501, 500));
    expect(await version({ runId: "r".repeat(33) })).toEqual(tooLong("Parameter 'run_id'", "r", 33, 32));
    expect(await version({ runLink: "l".repeat(501) })).toEqual(
      tooLong("Parameter 'run_link'", "l", 501, 500),
    );
    expect(await version({ modelId: "i".repeat(257) })).toEqual(
      tooLong("Parameter 'model_id'", "i", 257, 256),
    );
    expect(await version({ description: "d".repeat(5001) })).toEqual(
      tooLong("Parameter 'description'", "d", 5001, 5000),
    );
    expect(await version({ tags: [{ key: "k".repeat(251) }] })).toEqual(
      tooLong("Model version key", "k", 251, 250),
    );
    expect(await version({ tags: [{ key: "k", value: "v".repeat(5001) }] })).toEqual(
      tooLong("Model version value", "v", 5001, 5000),
    );
    expect(await version({ tags: [{ key: "a$" }] })).toEqual(badName("tag", "a$"));
    expect(await version({ source: "a\0b" })).toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
    expect((await client.getRegisteredModel({ name: "m" })).registeredModel?.latestVersions).toEqual([]);

    const { modelVersion } = await client.createModelVersion({
      name: "m",
      source: "🍷".repeat(500),
      runId: "r".repeat(32),
      runLink: "l".repeat(500),
      description: "d".repeat(5000),
    });
    expect(modelVersion?.version).toBe("1");
    expect(await failure(client.setModelVersionTag({ name: "m", version: "1", key: "a$" }))).toEqual(
      badName("tag", "a$"),
    );
    expect(await failure(client.deleteModelVersionTag({ name: "m", version: "1", key: "a$" }))).toEqual(
      badName("tag", "a$"),
    );
    expect(
      await failure(client.updateModelVersion({ name: "m", version: "1", description: "d".repeat(5001) })),
    ).toEqual(tooLong("Parameter 'description'", "d", 5001, 5000));
  });

  test("another project's version does not exist here", async () => {
    const [mine, theirs] = [await setUp(), await setUp(1)];
    const [name, version] = ["m", "1"];
    await theirs.setModelVersionTag({ name, version, key: "k", value: "theirs" });
    const { modelVersion: before } = await theirs.getModelVersion({ name, version });
    const gone = noVersion(name, version);
    expect(await failure(mine.getModelVersion({ name, version }))).toEqual(gone);
    expect(await failure(mine.getModelVersionDownloadUri({ name, version }))).toEqual(gone);
    expect(await failure(mine.updateModelVersion({ name, version, description: "d" }))).toEqual(gone);
    expect(await failure(mine.transitionModelVersionStage({ name, version, stage: "Staging" }))).toEqual(
      gone,
    );
    expect(await failure(mine.setModelVersionTag({ name, version, key: "k", value: "mine" }))).toEqual(gone);
    expect(await failure(mine.deleteModelVersionTag({ name, version, key: "k" }))).toEqual(gone);
    expect(await failure(mine.deleteModelVersion({ name, version }))).toEqual(gone);
    await mine.createModelVersion({ name, source: "mine" });
    await mine.transitionModelVersionStage({
      name,
      version,
      stage: "Staging",
      archiveExistingVersions: true,
    });
    await mine.deleteModelVersion({ name, version });
    expect((await theirs.getModelVersion({ name, version })).modelVersion).toEqual(before);
  });
});

describe("a source that is the address of a model", () => {
  const setUp = async () => {
    const project = await server.project();
    const tracking = project.client(MlflowService, "rest");
    const registry = project.client(ModelRegistryService, "rest");
    const { run } = await tracking.createRun({ experimentId: "0" });
    const { model } = await tracking.createLoggedModel({
      experimentId: "0",
      name: "logged",
      sourceRunId: run?.info?.runId ?? "",
    });
    await registry.createRegisteredModel({ name: "m" });
    return {
      tracking,
      registry,
      runId: run?.info?.runId,
      id: model?.info?.modelId ?? "",
      location: model?.info?.artifactUri,
    };
  };
  const create = async (registry: Client<typeof ModelRegistryService>, more: object) => {
    const { modelVersion } = await registry.createModelVersion({ name: "m", source: "s", ...more });
    const version = modelVersion?.version ?? "";
    const { artifactUri } = await registry.getModelVersionDownloadUri({ name: "m", version });
    return { source: modelVersion?.source, runId: modelVersion?.runId, artifactUri };
  };

  test("leads to the files and the run of a logged model, and stays as it was written", async () => {
    const { registry, id, location, runId } = await setUp();
    const source = `models:/${id}`;
    expect(await create(registry, { source })).toEqual({ source, runId, artifactUri: location });
    expect((await create(registry, { source, runId: "mine" })).runId).toBe("mine");
    expect(await create(registry, { modelId: id })).toEqual({ source: "s", runId, artifactUri: "s" });
  });

  test("leads to the files of another version, also when that is gone", async () => {
    const { registry, id, location } = await setUp();
    await registry.createRegisteredModel({ name: "a/b" });
    await registry.createModelVersion({ name: "a/b", source: `models:/${id}` });
    await registry.createModelVersion({ name: "a/b", source: "s3://bucket" });
    expect((await create(registry, { source: "models:/a/b/1" })).artifactUri).toBe(location);
    expect((await create(registry, { source: "models:/a/b/2" })).artifactUri).toBe("s3://bucket");
    await registry.deleteRegisteredModel({ name: "a/b" });
    expect((await registry.getModelVersionDownloadUri({ name: "m", version: "1" })).artifactUri).toBe(
      location,
    );
  });

  test("is data when it leads nowhere, or into another project", async () => {
    const { registry } = await setUp();
    const { id, registry: other } = await setUp();
    await other.createModelVersion({ name: "m", source: "theirs" });
    for (const source of [
      `models:/${id}`,
      "models:/other/1",
      "models:/m/9",
      "models:/m/Production",
      "models:/m@best",
      `models:/m/${"9".repeat(19)}`,
      "models:/",
    ])
      expect(await create(registry, { source })).toEqual({ source, runId: "", artifactUri: source });
  });
});

describe("at the same time", () => {
  const setUp = async (count = 0) => {
    const client = (await server.project()).client(ModelRegistryService, "rest");
    await client.createRegisteredModel({ name: "m" });
    for (let i = 1; i <= count; i++) await client.createModelVersion({ name: "m", source: `s${i}` });
    return client;
  };
  const versions = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));

  test("sixteen versions get sixteen numbers", async () => {
    const client = await setUp();
    const made = await Promise.all(
      versions(16).map((i) => client.createModelVersion({ name: "m", source: i, tags: [{ key: i }] })),
    );
    const numbers = made.map(({ modelVersion }) => Number(modelVersion?.version)).sort((a, b) => a - b);
    expect(numbers).toEqual(versions(16).map(Number));
    for (const { modelVersion } of made)
      expect(modelVersion?.tags).toMatchObject([{ key: modelVersion?.source }]);
  });

  test("eight that go to Production and archive the others leave one there", async () => {
    const client = await setUp(8);
    await Promise.all(
      versions(8).map((version) =>
        client.transitionModelVersionStage({
          name: "m",
          version,
          stage: "Production",
          archiveExistingVersions: true,
        }),
      ),
    );
    const { modelVersions } = await client.searchModelVersions({});
    const stages = modelVersions.map(({ currentStage }) => currentStage).sort();
    expect(stages).toEqual([...Array(7).fill("Archived"), "Production"]);
  });

  test("of eight who delete one version one succeeds", async () => {
    const client = await setUp(1);
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => client.deleteModelVersion({ name: "m", version: "1" })),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results)
      if (result.status === "rejected")
        expect(await failure(Promise.reject(result.reason))).toEqual(noVersion("m", "1"));
  });

  test("changes of many kinds to one model either happen or find what they need gone", async () => {
    const client = await setUp(6);
    const name = "m";
    const calls = versions(6).flatMap((version) => [
      client.transitionModelVersionStage({ name, version, stage: "Staging", archiveExistingVersions: true }),
      client.setModelVersionTag({ name, version, key: "k", value: version }),
      client.setRegisteredModelAlias({ name, alias: "best", version }),
      client.updateModelVersion({ name, version, description: "d" }),
      client.deleteModelVersion({ name, version }),
      client.createModelVersion({ name, source: "s" }),
    ]);
    const results = await Promise.allSettled([...calls, client.deleteRegisteredModel({ name })]);
    for (const result of results)
      if (result.status === "rejected")
        expect(await failure(Promise.reject(result.reason))).toMatchObject({
          errorCode: "RESOURCE_DOES_NOT_EXIST",
        });
    expect((await client.searchModelVersions({})).modelVersions).toEqual([]);
  });
});

test("a description is printed when empty at creation, and run_id and run_link always", async () => {
  const { rest } = await server.project();
  await rest("POST", "registered-models/create", { name: "m" });
  const { body } = await rest("POST", "model-versions/create", { name: "m", source: "s" });
  expect(body).toEqual({
    model_version: {
      name: "m",
      version: "1",
      creation_timestamp: expect.any(Number),
      last_updated_timestamp: body.model_version.creation_timestamp,
      current_stage: "None",
      description: "",
      source: "s",
      run_id: "",
      status: "READY",
      run_link: "",
    },
  });
});
