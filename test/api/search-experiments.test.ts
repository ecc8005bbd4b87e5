import { describe, expect, test } from "vitest";
import { MlflowService, ViewType } from "../../gen/mlflow/service_pb.js";
import { invalid } from "../support/mlflow-errors.ts";
import { failure, type Protocol, protocols, testServer } from "../support/server.ts";

const server = await testServer();

/** A project with the experiments Default (0), a (1), b (2), c (3), of which b is deleted. */
async function threeAndDefault(protocol: Protocol) {
  const client = (await server.project()).client(MlflowService, protocol);
  for (const name of ["a", "b", "c"]) {
    await client.createExperiment({ name, tags: [{ key: "upper", value: name.toUpperCase() }] });
  }
  await client.deleteExperiment({ experimentId: "2" });
  return client;
}

const names = ({ experiments }: { experiments: { name: string }[] }) => experiments.map(({ name }) => name);

describe.each(protocols)("listing and searching experiments over %s", (protocol) => {
  const setUp = () => threeAndDefault(protocol);

  describe("list", () => {
    test("gives the active experiments by id, with their tags", async () => {
      const client = await setUp();
      const { experiments, nextPageToken } = await client.listExperiments({});
      expect(names({ experiments })).toEqual(["Default", "a", "c"]);
      expect(experiments[1]).toEqual((await client.getExperiment({ experimentId: "1" })).experiment);
      expect(experiments[1]?.tags).toMatchObject([{ key: "upper", value: "A" }]);
      expect(nextPageToken).toBe("");
    });

    test("gives what the view type says", async () => {
      const client = await setUp();
      expect(names(await client.listExperiments({ viewType: ViewType.DELETED_ONLY }))).toEqual(["b"]);
      expect(names(await client.listExperiments({ viewType: ViewType.ALL }))).toEqual([
        "Default",
        "a",
        "b",
        "c",
      ]);
    });

    test("comes in pages if asked to, and ignores a token if not", async () => {
      const client = await setUp();
      const first = await client.listExperiments({ maxResults: 2n });
      expect(names(first)).toEqual(["Default", "a"]);
      const last = await client.listExperiments({ maxResults: 2n, pageToken: first.nextPageToken });
      expect(names(last)).toEqual(["c"]);
      expect(last.nextPageToken).toBe("");
      expect(names(await client.listExperiments({ pageToken: "x" }))).toEqual(["Default", "a", "c"]);
    });

    test("refuses a max_results outside 1 to 50000", async () => {
      const client = await setUp();
      const wrong = "Invalid value for request parameter max_results. It must be at";
      expect(await failure(client.listExperiments({ maxResults: 0n }))).toEqual(
        invalid(`${wrong} least 1, but got value 0`),
      );
      expect(await failure(client.listExperiments({ maxResults: 50_001n }))).toEqual(
        invalid(`${wrong} most 50000, but got value 50001`),
      );
    });

    test("a token of another view is refused", async () => {
      const client = await setUp();
      const { nextPageToken: pageToken } = await client.listExperiments({ maxResults: 1n });
      expect(
        await failure(client.listExperiments({ maxResults: 1n, pageToken, viewType: ViewType.ALL })),
      ).toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
    });
  });

  describe("search", () => {
    test("gives the active experiments, the newest first, without asking for max_results", async () => {
      const client = await setUp();
      expect(names(await client.searchExperiments({}))).toEqual(["c", "a", "Default"]);
      expect(names(await client.searchExperiments({ viewType: ViewType.ALL }))).toEqual([
        "c",
        "b",
        "a",
        "Default",
      ]);
    });

    test("sorts by what it is told, then by id downwards", async () => {
      const client = await setUp();
      const by = async (...orderBy: string[]) => names(await client.searchExperiments({ orderBy }));
      expect(await by("name")).toEqual(["Default", "a", "c"]);
      expect(await by("attribute.name DESC")).toEqual(["c", "a", "Default"]);
      expect(await by("experiment_id asc", "name DESC")).toEqual(["Default", "a", "c"]);
    });

    test("comes in pages, and a token is good only for the same search", async () => {
      const client = await setUp();
      const search = { orderBy: ["name DESC"], maxResults: 2n };
      const first = await client.searchExperiments(search);
      expect(names(first)).toEqual(["c", "a"]);
      const { nextPageToken: pageToken } = first;
      const last = await client.searchExperiments({ ...search, pageToken });
      expect(names(last)).toEqual(["Default"]);
      expect(last.nextPageToken).toBe("");
      for (const change of [{ filter: "name != ''" }, { orderBy: [] }, { viewType: ViewType.ALL }])
        expect(await failure(client.searchExperiments({ ...search, ...change, pageToken }))).toMatchObject({
          errorCode: "INVALID_PARAMETER_VALUE",
        });
    });

    test("refuses a max_results outside 1 to 50000", async () => {
      const client = await setUp();
      expect(await failure(client.searchExperiments({ maxResults: 0n }))).toEqual(
        invalid("Invalid value for max_results. It must be a positive integer, but got 0"),
      );
      expect(await failure(client.searchExperiments({ maxResults: 50_001n }))).toEqual(
        invalid("Invalid value for max_results. It must be at most 50000, but got 50001"),
      );
    });

    test.each([
      [
        { filter: "metric.m > 1" },
        "Invalid entity type 'metric'. Valid entity types are ('attribute', 'tag', 'tags')",
      ],
      [{ filter: "name = 'a' OR name = 'b'" }, "Invalid clause(s) in filter string: OR"],
      [{ orderBy: ["tags.upper"] }, "Invalid order_by entity: tag"],
    ])("refuses %j", async (search, message) => {
      const client = await setUp();
      const refusal = await failure(client.searchExperiments(search));
      expect(refusal.errorCode).toBe("INVALID_PARAMETER_VALUE");
      expect(refusal.message).toContain(message);
    });

    test("another project's experiments are never found", async () => {
      await setUp();
      const stranger = (await server.project()).client(MlflowService, protocol);
      expect(names(await stranger.searchExperiments({ viewType: ViewType.ALL }))).toEqual(["Default"]);
      expect(names(await stranger.listExperiments({ viewType: ViewType.ALL }))).toEqual(["Default"]);
    });
  });
});

test.each([
  ["name = 'a'", ["a"]],
  ["name != 'a'", ["c", "Default"]],
  ["attribute.name LIKE 'D%'", ["Default"]],
  ["name LIKE 'd%'", []],
  ["name ILIKE 'd%'", ["Default"]],
  ["tags.upper = 'A'", ["a"]],
  ["tag.upper != 'A'", ["c"]],
  ["tags.upper ILIKE 'c' AND name = 'c'", ["c"]],
  ["tags.lower = 'a'", []],
  ["tags.upper IS NULL", ["Default"]],
  ["experiment_id = '1'", ["a"]],
  ["experiment_id IN ('1', '3', 'x')", ["c", "a"]],
  ["creation_time > 0", ["c", "a", "Default"]],
  ["last_update_time < 1", []],
])("experiments/search: %s", async (filter, found) => {
  const client = await threeAndDefault("connect");
  expect(names(await client.searchExperiments({ filter }))).toEqual(found);
});
