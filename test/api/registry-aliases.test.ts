import { describe, expect, test } from "vitest";
import { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { absent, invalid, missing } from "../support/mlflow-errors.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer();

const noModel = absent("Registered Model with name=m not found");
const noAlias = (alias: string) => absent(`Registered model alias ${alias} not found.`);

describe.each(protocols)("aliases over %s", (protocol) => {
  /** A client of a project with the model m that has the versions 1, 2, 3. */
  const setUp = async () => {
    const client = (await server.project()).client(ModelRegistryService, protocol);
    await client.createRegisteredModel({ name: "m" });
    for (const source of ["a", "b", "c"]) await client.createModelVersion({ name: "m", source });
    const pointed = async (alias: string) =>
      (await client.getModelVersionByAlias({ name: "m", alias })).modelVersion?.version;
    return { client, pointed };
  };
  const name = "m";

  test("an alias leads to its version, and both say so", async () => {
    const { client } = await setUp();
    await client.setRegisteredModelAlias({ name, alias: "größte_1-a", version: "2" });
    await client.setRegisteredModelAlias({ name, alias: "Best", version: "02" });
    const { modelVersion } = await client.getModelVersionByAlias({ name, alias: "größte_1-a" });
    expect(modelVersion).toEqual((await client.getModelVersion({ name, version: "2" })).modelVersion);
    expect(modelVersion).toMatchObject({ version: "2", source: "b", aliases: ["Best", "größte_1-a"] });
    expect((await client.getRegisteredModel({ name })).registeredModel?.aliases).toMatchObject([
      { alias: "Best", version: "2" },
      { alias: "größte_1-a", version: "2" },
    ]);
    expect((await client.getModelVersion({ name, version: "1" })).modelVersion?.aliases).toEqual([]);
  });

  test("an alias moves, and is deleted as often as one likes", async () => {
    const { client, pointed } = await setUp();
    await client.setRegisteredModelAlias({ name, alias: "best", version: "1" });
    await client.setRegisteredModelAlias({ name, alias: "best", version: "3" });
    expect(await pointed("best")).toBe("3");
    expect((await client.getRegisteredModel({ name })).registeredModel?.aliases).toHaveLength(1);
    await client.deleteRegisteredModelAlias({ name, alias: "best" });
    await client.deleteRegisteredModelAlias({ name, alias: "best" });
    expect(await failure(client.getModelVersionByAlias({ name, alias: "best" }))).toEqual(noAlias("best"));
    expect((await client.getModelVersion({ name, version: "3" })).modelVersion?.aliases).toEqual([]);
  });

  test("an alias follows a rename, and goes with its version", async () => {
    const { client } = await setUp();
    await client.setRegisteredModelAlias({ name, alias: "best", version: "1" });
    await client.renameRegisteredModel({ name, newName: "n" });
    const { modelVersion } = await client.getModelVersionByAlias({ name: "n", alias: "best" });
    expect(modelVersion).toMatchObject({ name: "n", version: "1" });
    await client.deleteModelVersion({ name: "n", version: "1" });
    expect(await failure(client.getModelVersionByAlias({ name: "n", alias: "best" }))).toEqual(
      noAlias("best"),
    );
    expect((await client.getRegisteredModel({ name: "n" })).registeredModel?.aliases).toEqual([]);
  });

  test("latest is the greatest version of all stages, without having been set", async () => {
    const { client, pointed } = await setUp();
    await client.transitionModelVersionStage({ name, version: "3", stage: "Archived" });
    expect([await pointed("latest"), await pointed("LATEST")]).toEqual(["3", "3"]);
    await client.createRegisteredModel({ name: "empty" });
    expect(await failure(client.getModelVersionByAlias({ name: "empty", alias: "latest" }))).toEqual(
      absent("Latest version not found for model empty."),
    );
  });

  test("names that mean something else, or nothing, are refused", async () => {
    const { client } = await setUp();
    const set = (alias: string) => failure(client.setRegisteredModelAlias({ name, alias, version: "1" }));
    for (const alias of ["latest", "Latest"])
      expect(await set(alias)).toEqual(invalid("'latest' alias name (case insensitive) is reserved."));
    for (const alias of ["v1", "V12"])
      expect(await set(alias)).toEqual(invalid(`Version alias name '${alias}' is reserved.`));
    for (const alias of ["a b", "a/b", "a@b", "a$", "a.b"]) {
      const refused = invalid(
        `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
      );
      expect(await set(alias)).toEqual(refused);
      expect(await failure(client.getModelVersionByAlias({ name, alias }))).toEqual(refused);
      expect(await failure(client.deleteRegisteredModelAlias({ name, alias }))).toEqual(refused);
    }
    expect(await set("a".repeat(256))).toEqual(
      invalid(`Parameter 'alias' '${"a".repeat(250)}' had length 256, which exceeded length limit of 255`),
    );
    for (const alias of ["v1a", "v", "1", "a".repeat(255)])
      await client.setRegisteredModelAlias({ name, alias, version: "1" });
    expect((await client.getRegisteredModel({ name })).registeredModel?.aliases).toHaveLength(4);
  });

  test("required parameters are asked for", async () => {
    const { client } = await setUp();
    const alias = "best";
    expect(await failure(client.setRegisteredModelAlias({ alias, version: "1" }))).toEqual(missing("name"));
    expect(await failure(client.setRegisteredModelAlias({ name, version: "1" }))).toEqual(missing("alias"));
    expect(await failure(client.setRegisteredModelAlias({ name, alias }))).toEqual(missing("version"));
    expect(await failure(client.deleteRegisteredModelAlias({ alias }))).toEqual(missing("name"));
    expect(await failure(client.deleteRegisteredModelAlias({ name }))).toEqual(missing("alias"));
    expect(await failure(client.getModelVersionByAlias({ alias }))).toEqual(missing("name"));
    expect(await failure(client.getModelVersionByAlias({ name }))).toEqual(missing("alias"));
  });

  test("what is not there cannot be pointed at, and an alias that was there stays", async () => {
    const { client, pointed } = await setUp();
    await client.setRegisteredModelAlias({ name, alias: "best", version: "1" });
    const set = (more: object) =>
      failure(client.setRegisteredModelAlias({ name, alias: "best", version: "9", ...more }));
    expect(await set({})).toEqual(absent("Model Version (name=m, version=9) not found"));
    expect(await set({ name: "x", version: "1" })).toEqual(
      absent("Model Version (name=x, version=1) not found"),
    );
    expect(await set({ version: "one" })).toEqual(invalid("Model version must be an integer, got 'one'"));
    expect(await pointed("best")).toBe("1");
  });

  test("another project's aliases do not exist here", async () => {
    const { client: theirs, pointed } = await setUp();
    await theirs.setRegisteredModelAlias({ name, alias: "best", version: "1" });
    const mine = (await server.project()).client(ModelRegistryService, protocol);
    expect(await failure(mine.getModelVersionByAlias({ name, alias: "best" }))).toEqual(noModel);
    expect(await failure(mine.getModelVersionByAlias({ name, alias: "latest" }))).toEqual(noModel);
    expect(await failure(mine.deleteRegisteredModelAlias({ name, alias: "best" }))).toEqual(noModel);
    expect(await failure(mine.setRegisteredModelAlias({ name, alias: "best", version: "2" }))).toEqual(
      absent("Model Version (name=m, version=2) not found"),
    );
    expect(await pointed("best")).toBe("1");
  });
});

test("aliases that move while their versions and their model are deleted move or find nothing", async () => {
  const client = (await server.project()).client(ModelRegistryService, "rest");
  const name = "m";
  for (let round = 0; round < 10; round++) {
    await client.createRegisteredModel({ name });
    for (const source of ["a", "b", "c"]) await client.createModelVersion({ name, source });
    await client.setRegisteredModelAlias({ name, alias: "best", version: "1" });
    const move = (version: string) => client.setRegisteredModelAlias({ name, alias: "best", version });
    const results = await Promise.allSettled([
      move("2"),
      client.deleteModelVersion({ name, version: "1" }),
      move("3"),
      client.deleteModelVersion({ name, version: "2" }),
      move("1"),
      client.deleteRegisteredModel({ name }),
      move("3"),
    ]);
    for (const result of results)
      if (result.status === "rejected")
        expect(await failure(Promise.reject(result.reason))).toMatchObject({
          errorCode: "RESOURCE_DOES_NOT_EXIST",
        });
    expect(await failure(client.getModelVersionByAlias({ name, alias: "best" }))).toEqual(noModel);
  }
});
