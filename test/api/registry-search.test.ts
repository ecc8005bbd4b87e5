import { describe, expect, test } from "vitest";
import { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { invalid } from "../support/mlflow-errors.ts";
import { failure, type Protocol, protocols, testServer } from "../support/server.ts";

const server = await testServer();

const count = (most: number) => ({
  tooLow: (value: bigint) =>
    invalid(`Invalid value for request parameter max_results. It must be at least 0, but got value ${value}`),
  tooHigh: (value: bigint) =>
    invalid(
      `Invalid value for request parameter max_results. It must be at most ${most}, but got value ${value}`,
    ),
});

/** A client of a project with these models, each with its tag `initial`, made in this order. */
async function withModels(protocol: Protocol, ...names: string[]) {
  const client = (await server.project()).client(ModelRegistryService, protocol);
  for (const name of names)
    await client.createRegisteredModel({ name, tags: [{ key: "initial", value: name.charAt(0) }] });
  return client;
}

const names = ({ registeredModels }: { registeredModels: { name: string }[] }) =>
  registeredModels.map(({ name }) => name);

const versions = ({ modelVersions }: { modelVersions: { name: string; version: string }[] }) =>
  modelVersions.map(({ name, version }) => `${name}${version}`);

/** The items of all pages, and how many each page had. */
async function allPages<Item>(
  next: (pageToken: string) => Promise<{ items: Item[]; nextPageToken: string }>,
) {
  const pages: Item[][] = [];
  let token = "";
  do {
    const { items, nextPageToken } = await next(token);
    pages.push(items);
    token = nextPageToken;
  } while (token !== "");
  return { items: pages.flat(), sizes: pages.map((page) => page.length) };
}

describe.each(protocols)("listing and searching registered models over %s", (protocol) => {
  test("they come by name, code point by code point, with all that belongs to them", async () => {
    const client = await withModels(protocol, "b", "a", "Z", "é", "a b");
    await client.createModelVersion({ name: "b", source: "s", tags: [{ key: "k", value: "v" }] });
    await client.setRegisteredModelAlias({ name: "b", alias: "best", version: "1" });
    const listed = await client.listRegisteredModels({});
    expect(names(listed)).toEqual(["Z", "a", "a b", "b", "é"]);
    expect(listed.registeredModels[3]).toEqual(
      (await client.getRegisteredModel({ name: "b" })).registeredModel,
    );
    expect(listed.registeredModels[3]?.latestVersions[0]?.aliases).toEqual(["best"]);
    expect(listed.nextPageToken).toBe("");
    expect((await client.searchRegisteredModels({})).registeredModels).toEqual(listed.registeredModels);
  });

  test("a filter narrows", async () => {
    const client = await withModels(protocol, "alpha", "Beta", "gamma", "a_c", "abc");
    await client.setRegisteredModelTag({ name: "gamma", key: "a key", value: "x" });
    const found = async (filter: string) => names(await client.searchRegisteredModels({ filter }));
    expect(await found("name = 'alpha'")).toEqual(["alpha"]);
    expect(await found("name != 'alpha'")).toEqual(["Beta", "a_c", "abc", "gamma"]);
    expect(await found("name LIKE 'b%'")).toEqual([]);
    expect(await found("name ilike 'b%'")).toEqual(["Beta"]);
    expect(await found("name LIKE 'a\\_c'")).toEqual(["a_c"]);
    expect(await found("name LIKE 'a_c'")).toEqual(["a_c", "abc"]);
    expect(await found("name IN ('gamma', 'Beta', 'none')")).toEqual(["Beta", "gamma"]);
    expect(await found("tags.initial = 'a'")).toEqual(["a_c", "abc", "alpha"]);
    expect(await found("tag.`a key` != 'y'")).toEqual(["gamma"]);
    expect(await found("tags.initial = 'a' AND name LIKE '%a'")).toEqual(["alpha"]);
    expect(await found("tags.initial = 'a' AND tags.initial = 'B'")).toEqual([]);
    expect(await found("name = 'x'' or 1=1 --'")).toEqual([]);
  });

  test("ordinary models are found by not being prompts, as 3.x clients ask for them", async () => {
    const client = await withModels(protocol, "model", "prompt", "no prompt");
    const key = "mlflow.prompt.is_prompt";
    await client.setRegisteredModelTag({ name: "prompt", key, value: "true" });
    await client.setRegisteredModelTag({ name: "no prompt", key, value: "false" });
    const found = async (filter: string) => names(await client.searchRegisteredModels({ filter }));
    expect(await found(`tag.\`${key}\` != 'true'`)).toEqual(["model", "no prompt"]);
    expect(await found(`tags.\`${key}\` = 'false'`)).toEqual(["model", "no prompt"]);
    expect(await found(`tag.\`${key}\` = 'true'`)).toEqual(["prompt"]);
    expect(await found(`tag.\`${key}\` != 'false'`)).toEqual(["prompt"]);
    // A tag with another name must be there.
    expect(await found("tag.other != 'true'")).toEqual([]);
  });

  test("an order sorts, and what it leaves undecided is by name", async () => {
    const client = await withModels(protocol, "b", "c", "a");
    const by = async (...orderBy: string[]) => names(await client.searchRegisteredModels({ orderBy }));
    expect(await by("name DESC")).toEqual(["c", "b", "a"]);
    expect(await by("creation_timestamp ASC", "name DESC")).toEqual(
      (await client.searchRegisteredModels({})).registeredModels
        .toSorted((x, y) => Number(x.creationTimestamp - y.creationTimestamp) || (x.name < y.name ? 1 : -1))
        .map(({ name }) => name),
    );
    // A change that moves the time beyond any before.
    const last = async () =>
      (await client.getRegisteredModel({ name: "c" })).registeredModel?.lastUpdatedTimestamp ?? 0n;
    await client.updateRegisteredModel({ name: "b", description: "d" });
    const updated =
      (await client.getRegisteredModel({ name: "b" })).registeredModel?.lastUpdatedTimestamp ?? 0n;
    while ((await last()) <= updated) await client.updateRegisteredModel({ name: "c", description: "d" });
    for (const order of ["timestamp", "last_updated_timestamp"]) {
      expect((await by(`${order} DESC`)).at(0)).toBe("c");
      expect((await by(order)).at(-1)).toBe("c");
    }
  });

  test("pages go on to the end, without gaps or repeats, and the last has no token", async () => {
    const all = Array.from({ length: 5 }, (_, i) => `m${i}`);
    const client = await withModels(protocol, ...all);
    const walk = (maxResults: bigint, more: { filter?: string; orderBy?: string[] } = {}) =>
      allPages(async (pageToken) => {
        const page = await client.searchRegisteredModels({ maxResults, pageToken, ...more });
        return { items: names(page), nextPageToken: page.nextPageToken };
      });
    expect(await walk(2n)).toEqual({ items: all, sizes: [2, 2, 1] });
    expect(await walk(5n)).toEqual({ items: all, sizes: [5] });
    expect(await walk(1n, { orderBy: ["name DESC"] })).toEqual({
      items: all.toReversed(),
      sizes: [1, 1, 1, 1, 1],
    });
    const { items } = await walk(2n, { orderBy: ["timestamp DESC"], filter: "name != 'm3'" });
    expect(items.sort()).toEqual(["m0", "m1", "m2", "m4"]);
    expect(
      await allPages(async (pageToken) => {
        const page = await client.listRegisteredModels({ maxResults: 2n, pageToken });
        return { items: names(page), nextPageToken: page.nextPageToken };
      }),
    ).toEqual({ items: all, sizes: [2, 2, 1] });
  });

  test("models that come and go between two pages shift nothing", async () => {
    const client = await withModels(protocol, "b", "d", "f", "h");
    const first = await client.searchRegisteredModels({ maxResults: 2n });
    expect(names(first)).toEqual(["b", "d"]);
    await client.createRegisteredModel({ name: "a" });
    await client.createRegisteredModel({ name: "g" });
    await client.deleteRegisteredModel({ name: "d" });
    const rest = await client.searchRegisteredModels({ pageToken: first.nextPageToken });
    expect(names(rest)).toEqual(["f", "g", "h"]);
  });

  test("max_results is 100 unless said, and may be 0 to 1000", async () => {
    const client = await withModels(protocol, ...Array.from({ length: 101 }, (_, i) => `m${i}`));
    const { tooLow, tooHigh } = count(1000);
    for (const rpc of [client.listRegisteredModels, client.searchRegisteredModels]) {
      const standard = await rpc({});
      expect(standard.registeredModels).toHaveLength(100);
      expect((await rpc({ pageToken: standard.nextPageToken })).registeredModels).toHaveLength(1);
      expect((await rpc({ maxResults: 1000n })).registeredModels).toHaveLength(101);
      expect(await rpc({ maxResults: 0n })).toMatchObject({ registeredModels: [], nextPageToken: "" });
      expect(await failure(rpc({ maxResults: -1n }))).toEqual(tooLow(-1n));
      for (const value of [1001n, 2n ** 63n - 1n])
        expect(await failure(rpc({ maxResults: value }))).toEqual(tooHigh(value));
    }
  });

  test("a token of another search is refused, as is one that is none", async () => {
    const client = await withModels(protocol, "a", "b");
    const refused = { errorCode: "INVALID_PARAMETER_VALUE" };
    const { nextPageToken: pageToken } = await client.searchRegisteredModels({ maxResults: 1n });
    const other = await withModels(protocol, "a", "b");
    for (const call of [
      () => client.searchRegisteredModels({ pageToken, filter: "name != 'x'" }),
      () => client.searchRegisteredModels({ pageToken, orderBy: ["name"] }),
      () => client.searchRegisteredModels({ pageToken: "x" }),
      () => client.searchRegisteredModels({ pageToken: "x", maxResults: 0n }),
      () => client.listRegisteredModels({ pageToken }),
      () => client.searchModelVersions({ pageToken }),
      () => other.searchRegisteredModels({ pageToken }),
    ])
      expect(await failure(call())).toMatchObject(refused);
  });

  test("a filter or an order that says nothing is refused in MLflow's words", async () => {
    const client = await withModels(protocol);
    const refused = (request: object) => failure(client.searchRegisteredModels(request));
    expect(await refused({ filter: "run_id = 'x'" })).toEqual(invalid("Invalid attribute name: run_id"));
    expect(await refused({ filter: "name > 'a'" })).toEqual(invalid("Invalid comparator for attribute: >"));
    expect(await refused({ filter: "name = 'a' or name = 'b'" })).toEqual(
      invalid("Invalid clause(s) in filter string: or"),
    );
    expect(await refused({ filter: "name = 5" })).toEqual(
      invalid("Expected a quoted string value or a list of quoted string values for attributes. Got value 5"),
    );
    expect(await refused({ orderBy: ["x"] })).toEqual(
      invalid("Invalid order by key 'x' specified. Valid keys are '{'name', 'timestamp'}'"),
    );
    expect(await refused({ orderBy: ["timestamp", "last_updated_timestamp DESC"] })).toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
    });
  });

  test("another project's models are not found", async () => {
    const theirs = await withModels(protocol, "theirs");
    await theirs.createModelVersion({ name: "theirs", source: "s" });
    const mine = await withModels(protocol, "mine");
    expect(names(await mine.listRegisteredModels({}))).toEqual(["mine"]);
    expect(names(await mine.searchRegisteredModels({ filter: "name = 'theirs'" }))).toEqual([]);
    expect(names(await mine.searchRegisteredModels({ filter: "tags.initial = 't'" }))).toEqual([]);
    expect((await mine.searchModelVersions({})).modelVersions).toEqual([]);
    expect((await mine.searchModelVersions({ filter: "name = 'theirs'" })).modelVersions).toEqual([]);
  });
});

describe.each(protocols)("searching model versions over %s", (protocol) => {
  /** The models a and b with the versions a1 (run1), a2 (run2), b1 (run1), b2 (no run). */
  const setUp = async () => {
    const client = await withModels(protocol, "a", "b");
    await client.createModelVersion({ name: "a", source: "s3://b/A1", runId: "run1" });
    await client.createModelVersion({ name: "a", source: "s3://b/a_2", runId: "run2" });
    await client.createModelVersion({ name: "b", source: "dbfs:/b", runId: "run1" });
    await client.createModelVersion({ name: "b", source: "x", tags: [{ key: "k", value: "v" }] });
    return client;
  };

  test("the last updated come first, with tags and aliases", async () => {
    const client = await setUp();
    await client.setRegisteredModelAlias({ name: "a", alias: "best", version: "1" });
    const updated = (await client.searchModelVersions({})).modelVersions.map(
      (version) => version.lastUpdatedTimestamp,
    );
    expect(updated).toEqual(updated.toSorted((x, y) => Number(y - x)));
    const a1 = async () => (await client.getModelVersion({ name: "a", version: "1" })).modelVersion;
    while (((await a1())?.lastUpdatedTimestamp ?? 0n) <= (updated[0] ?? 0n))
      await client.updateModelVersion({ name: "a", version: "1", description: "d" });
    const { modelVersions, nextPageToken } = await client.searchModelVersions({});
    expect(modelVersions[0]).toEqual(await a1());
    expect(modelVersions[0]?.aliases).toEqual(["best"]);
    expect([modelVersions.length, nextPageToken]).toEqual([4, ""]);
  });

  test("a filter narrows", async () => {
    const client = await setUp();
    const found = async (filter: string) => versions(await client.searchModelVersions({ filter })).sort();
    expect(await found("name = 'a'")).toEqual(["a1", "a2"]);
    expect(await found("name='a' and run_id = 'run1'")).toEqual(["a1"]);
    expect(await found("name != 'a'")).toEqual(["b1", "b2"]);
    expect(await found("name ILIKE 'A%'")).toEqual(["a1", "a2"]);
    expect(await found("run_id != 'run1'")).toEqual(["a2", "b2"]);
    expect(await found("run_id IN ('run1')")).toEqual(["a1", "b1"]);
    expect(await found("run_id IN ('run2', 'run1')")).toEqual(["a1", "a2", "b1"]);
    expect(await found("run_id = ''")).toEqual(["b2"]);
    expect(await found("name IN ('b')")).toEqual(["b1", "b2"]);
    expect(await found("source_path = 's3://b/A1'")).toEqual(["a1"]);
    expect(await found("source_path LIKE '%a\\_2'")).toEqual(["a2"]);
    expect(await found("source_path ILIKE 'S3%a1'")).toEqual(["a1"]);
    expect(await found("version_number = 2")).toEqual(["a2", "b2"]);
    expect(await found("version_number <= 1 and name = 'b'")).toEqual(["b1"]);
    expect(await found("tags.k = 'v'")).toEqual(["b2"]);
    expect(await found("tag.k != 'w'")).toEqual(["b2"]);
    expect(await found("tags.`mlflow.prompt.is_prompt` != 'true'")).toHaveLength(4);
  });

  test("an order sorts, and pages go on to the end", async () => {
    const client = await setUp();
    const walk = (maxResults: bigint, ...orderBy: string[]) =>
      allPages(async (pageToken) => {
        const page = await client.searchModelVersions({ maxResults, pageToken, orderBy });
        return { items: versions(page), nextPageToken: page.nextPageToken };
      });
    expect(await walk(1n, "name ASC")).toEqual({ items: ["a2", "a1", "b2", "b1"], sizes: [1, 1, 1, 1] });
    expect(await walk(3n, "version_number DESC", "name DESC")).toEqual({
      items: ["b2", "a2", "b1", "a1"],
      sizes: [3, 1],
    });
    expect(await walk(4n, "creation_timestamp", "name", "version_number")).toMatchObject({ sizes: [4] });
    const { items, sizes } = await walk(3n);
    expect([items.sort(), sizes]).toEqual([
      ["a1", "a2", "b1", "b2"],
      [3, 1],
    ]);
  });

  test("max_results may be 0 to 200000", async () => {
    const client = await setUp();
    const { tooLow, tooHigh } = count(200_000);
    expect(await client.searchModelVersions({ maxResults: 0n })).toMatchObject({
      modelVersions: [],
      nextPageToken: "",
    });
    expect((await client.searchModelVersions({ maxResults: 200_000n })).modelVersions).toHaveLength(4);
    expect(await failure(client.searchModelVersions({ maxResults: -1n }))).toEqual(tooLow(-1n));
    expect(await failure(client.searchModelVersions({ maxResults: 200_001n }))).toEqual(tooHigh(200_001n));
  });

  test("a filter or an order that says nothing is refused", async () => {
    const client = await setUp();
    const refused = async (request: object) => (await failure(client.searchModelVersions(request))).message;
    expect(await refused({ filter: "current_stage = 'None'" })).toBe("Invalid attribute name: current_stage");
    expect(await refused({ filter: "run_id > 'a'" })).toBe("Invalid comparator for attribute: >");
    expect(await refused({ filter: "tags.k > 'a'" })).toBe("Invalid comparator for tag: >");
    expect(await refused({ filter: "name = 'a' OR name = 'b'" })).toBe(
      "Invalid clause(s) in filter string: OR",
    );
    expect(await refused({ orderBy: ["run_id"] })).toContain("Invalid attribute key 'run_id' specified.");
    expect(await refused({ pageToken: "x" })).not.toBe("");
  });
});
