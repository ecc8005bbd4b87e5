import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { CandidateService } from "../../gen/loggia/v1/candidates_pb.js";
import { FilterErrorSchema } from "../../gen/loggia/v1/errors_pb.js";
import { MlflowService, RunStatus } from "../../gen/mlflow/service_pb.js";
import { absent, invalid, missing, noRun, notActive } from "../support/mlflow-errors.ts";
import { failure, protocols, type TestProject, testServer } from "../support/server.ts";

const server = await testServer();

interface Given {
  name?: string;
  experimentId?: string;
  startTime?: bigint;
  parent?: string;
  metrics?: Record<string, number>;
  params?: Record<string, string>;
  tags?: Record<string, string>;
}

const pairs = (given: Record<string, string> = {}) =>
  Object.entries(given).map(([key, value]) => ({ key, value }));

let clock = 1_700_000_000_000n;

/** A run with what it logs, one second later than the one before. @returns its id. */
async function run(project: TestProject, given: Given = {}): Promise<string> {
  const mlflow = project.client(MlflowService, "connect");
  clock += 1000n;
  const { run } = await mlflow.createRun({
    experimentId: given.experimentId ?? "0",
    userId: "ada",
    startTime: given.startTime ?? clock,
    ...(given.name !== undefined && { runName: given.name }),
    tags: [
      ...pairs(given.tags),
      ...(given.parent === undefined ? [] : [{ key: "mlflow.parentRunId", value: given.parent }]),
    ],
  });
  const runId = run?.info?.runId ?? "";
  const metrics = Object.entries(given.metrics ?? {}).map(([key, value]) => ({
    key,
    value,
    step: 3n,
    timestamp: 7n,
  }));
  if (metrics.length > 0 || given.params !== undefined)
    await mlflow.logBatch({ runId, metrics, params: pairs(given.params) });
  return runId;
}

const names = (found: { candidates: { name: string }[] }) => found.candidates.map(({ name }) => name);

/** What is underlined of the wrong filter or order_by; "" at its end. */
async function underlined(
  client: Client<typeof CandidateService>,
  query: { filter?: string; orderBy?: string[] },
): Promise<[parameter: string, item: number, text: string] | undefined> {
  const error = ConnectError.from(
    await client.searchCandidates({ experimentIds: ["0"], ...query }).catch((reason: unknown) => reason),
  );
  expect(error.code).toBe(Code.InvalidArgument);
  const [place] = error.findDetails(FilterErrorSchema);
  if (place === undefined) return undefined;
  const { parameter, item, offset, length } = place;
  const text = parameter === "filter" ? query.filter : query.orderBy?.[item];
  return [parameter, item, [...(text ?? "")].slice(offset, offset + length).join("")];
}

describe.each(["connect", "grpc", "grpc-web"] as const)("over %s", (protocol) => {
  test("an error in a filter or an order has its place, in code points", async () => {
    const client = (await server.project()).client(CandidateService, protocol);
    for (const [filter, wrong] of [
      ["metrics.a > 1 AND metrics.b > 'x'", "'x'"],
      ["metrics.`😀😀` > 1 AND params.p = 3", "3"],
      ["metrics.a LIKE 1", "LIKE"],
      ["params.p > 'a'", ">"],
      ["nonsense.a = 'b'", "nonsense.a"],
      ["attributes.nothing = 'b'", "attributes.nothing"],
      ["params.p LIKE 'a\\'", "LIKE"],
      ["params.p = 'a' OR params.q = 'b'", "OR"],
      ["params.p = 'a' AND", "AND"],
      ["params.p = 'a'; params.q = 'b'", "; params.q = 'b'"],
      ["params.p", "params.p"],
      ["metrics.m IS NULL", "IS NULL"],
      ["run_id IN (1)", "(1)"],
    ] as const)
      expect(await underlined(client, { filter }), filter).toEqual(["filter", 0, wrong]);
    expect(await underlined(client, { orderBy: ["metrics.a", "nothing"] })).toEqual([
      "order_by",
      1,
      "nothing",
    ]);
    expect(await underlined(client, { orderBy: ["metrics.a UP"] })).toEqual(["order_by", 0, "metrics.a UP"]);
  });
});

describe.each(protocols)("over %s", (protocol) => {
  test("a table has the columns that it names, and what belongs to each run", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    const first = await run(project, {
      name: "first",
      metrics: { loss: Number.NaN, other: 1 },
      params: { lr: "0.1", depth: "3" },
      tags: { team: "vision", "gitlab.CI_JOB_ID": "17" },
    });
    const child = await run(project, { name: "child", parent: first, metrics: { loss: 2 } });
    await project.rest("PUT", `/api/2.0/mlflow-artifacts/artifacts/0/${first}/artifacts/a/model.txt`, "x");
    const found = await client.searchCandidates({
      experimentIds: ["0"],
      metricKeys: ["loss"],
      paramKeys: ["lr", "unknown"],
      tagKeys: ["team"],
      countLimit: 10,
    });
    expect(found).toMatchObject({
      count: 2n,
      countIsExact: true,
      candidates: [
        {
          iid: 2n,
          runId: child,
          name: "child",
          parentRunId: first,
          childCount: 0,
          hasArtifacts: false,
          metrics: [{ key: "loss", value: 2, step: 3n, timestamp: 7n }],
          params: [],
          tags: [],
        },
        {
          iid: 1n,
          runId: first,
          experimentId: "0",
          name: "first",
          user: "ada",
          status: "RUNNING",
          lifecycleStage: "active",
          artifactUri: `mlflow-artifacts:/0/${first}/artifacts`,
          childCount: 1,
          hasArtifacts: true,
          job: { jobId: "17", verified: false },
          metrics: [{ key: "loss", value: Number.NaN }],
          params: [{ key: "lr", value: "0.1" }],
          tags: [{ key: "team", value: "vision" }],
        },
      ],
    });
    expect(found.nextPageToken).toBeUndefined();
    expect(found.candidates[1]?.parentRunId).toBeUndefined();
    const { candidates } = await client.searchCandidates({ experimentIds: ["0"], includeAll: true });
    expect(candidates[1]?.params).toMatchObject([{ key: "depth" }, { key: "lr" }]);
    expect(candidates[1]?.tags.map(({ key }) => key)).toEqual(["gitlab.CI_JOB_ID", "mlflow.runName", "team"]);
  });

  test("an offset leads to where as many pages would have led, whatever the order and the filter", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    const values = [3, 1, Number.NaN, 2, 2, Number.POSITIVE_INFINITY, 2, -1];
    for (const [i, value] of values.entries())
      await run(project, {
        name: `run-${i}`,
        metrics: { m: value },
        params: { p: String(i % 3), ...(i < 3 && { long: "😀".repeat(i === 1 ? 400 : 2) }) },
        ...(i % 2 === 0 && { tags: { even: "yes" } }),
      });
    for (let i = 0; i < 3; i++) await run(project, { name: `without-${i}` });
    for (const deleted of [false, true]) {
      if (deleted) {
        const { candidates } = await client.searchCandidates({ experimentIds: ["0"], name: "run-4" });
        await client.deleteCandidates({ runIds: candidates.map(({ runId }) => runId) });
      }
      for (const query of [
        {},
        { orderBy: ["start_time ASC"] },
        { orderBy: ["metrics.m"] },
        { orderBy: ["metrics.m DESC"] },
        { orderBy: ["metrics.m DESC", "params.p"] },
        { orderBy: ["params.p", "tags.even DESC"] },
        { orderBy: ["attributes.run_name"] },
        { orderBy: ["attributes.run_name DESC"] },
        { orderBy: ["params.p"] },
        { orderBy: ["params.p DESC", "metrics.m"] },
        { orderBy: ["params.long"] },
        { filter: "metrics.m <= 2" },
        { filter: "metrics.m <= 2 AND params.p != '1'", orderBy: ["metrics.m"] },
        { filter: "tags.even IS NULL", orderBy: ["metrics.m"] },
        { name: "RUN-" },
        { view: "all" },
      ]) {
        const search = { experimentIds: ["0"], ...query };
        const all = names(await client.searchCandidates(search));
        const walked: string[] = [];
        for (let pageToken = ""; ; ) {
          const page = await client.searchCandidates({ ...search, maxResults: 3, pageToken });
          walked.push(...names(page));
          if (page.nextPageToken === undefined) break;
          pageToken = page.nextPageToken;
        }
        expect(walked, JSON.stringify(query)).toEqual(all);
        expect(all.length).toBeGreaterThan(1);
        for (let offset = 1; offset <= all.length + 1; offset++) {
          const page = await client.searchCandidates({ ...search, offset, maxResults: 2, countLimit: 100 });
          expect(names(page), `${JSON.stringify(query)} from ${offset}`).toEqual(
            all.slice(offset, offset + 2),
          );
          expect(page.count).toBe(BigInt(all.length));
          expect(page.nextPageToken !== undefined).toBe(offset + 2 < all.length);
        }
      }
    }
  });

  test("a count that reaches its limit is said not to be exact, but for a whole experiment", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    for (let i = 0; i < 4; i++) await run(project, { params: { p: "x" } });
    const count = async (query: object) => {
      const { count, countIsExact } = await client.searchCandidates({ experimentIds: ["0"], ...query });
      return [count, countIsExact];
    };
    expect(await count({ filter: "params.p = 'x'", countLimit: 3 })).toEqual([3n, false]);
    expect(await count({ filter: "params.p = 'x'", countLimit: 4 })).toEqual([4n, true]);
    expect(await count({ filter: "status = 'RUNNING'", countLimit: 3 })).toEqual([3n, false]);
    expect(await count({ countLimit: 1 })).toEqual([4n, true]);
    expect(await count({ countLimit: 1, view: "deleted" })).toEqual([0n, true]);
    expect(await count({})).toEqual([undefined, false]);
  });

  test("several experiments are searched together, and one that is not there has no runs", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    const { experimentId } = await project.client(MlflowService, "connect").createExperiment({ name: "two" });
    await run(project, { name: "a", metrics: { m: 2 } });
    await run(project, { name: "b", experimentId, metrics: { m: 1 } });
    const search = { experimentIds: ["0", experimentId, "99"], orderBy: ["metrics.m"], countLimit: 5 };
    const found = await client.searchCandidates(search);
    expect(names(found)).toEqual(["b", "a"]);
    expect(found.count).toBe(2n);
    expect(names(await client.searchCandidates({ ...search, offset: 1 }))).toEqual(["a"]);
    expect(names(await client.searchCandidates({ experimentIds: ["99"], offset: 1, countLimit: 5 }))).toEqual(
      [],
    );
  });

  test("quick search finds by a part of the name whatever the case, taking no character for a wildcard", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    for (const name of ["Größe 50%", "GRÖSSE", "a_b", "axb", "back\\slash"]) await run(project, { name });
    const find = async (name: string) =>
      names(await client.searchCandidates({ experimentIds: ["0"], name, orderBy: ["start_time"] }));
    expect(await find("grö")).toEqual(["Größe 50%", "GRÖSSE"]);
    expect(await find("0%")).toEqual(["Größe 50%"]);
    expect(await find("A_B")).toEqual(["a_b"]);
    expect(await find("k\\S")).toEqual(["back\\slash"]);
    expect(await find("nothing")).toEqual([]);
  });

  test("the first level of a tree leaves out who has a parent; children come in pages", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    const parent = await run(project, { name: "parent" });
    for (let i = 0; i < 3; i++) await run(project, { name: `child-${i}`, parent, params: { p: `${i}` } });
    const found = await client.searchCandidates({ experimentIds: ["0"], topLevel: true, countLimit: 9 });
    expect(names(found)).toEqual(["parent"]);
    expect(found.count).toBe(1n);
    expect(found.candidates[0]?.childCount).toBe(3);
    const page = await client.listChildren({ runId: parent, maxResults: 2, paramKeys: ["p"] });
    expect(page.children.map(({ name, params }) => [name, params[0]?.value])).toEqual([
      ["child-2", "2"],
      ["child-1", "1"],
    ]);
    const pageToken = page.nextPageToken ?? "";
    const rest = await client.listChildren({ runId: parent, maxResults: 2, pageToken });
    expect(rest.children.map(({ name }) => name)).toEqual(["child-0"]);
    expect(rest.nextPageToken).toBeUndefined();
  });

  test("the page of a deleted run counts the children that it shows, the active ones; a table those of each run's stage", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    const mlflow = project.client(MlflowService, "connect");
    const parent = await run(project, { name: "parent" });
    await run(project, { name: "stays", parent });
    for (const name of ["gone", "gone as well"])
      await mlflow.deleteRun({ runId: await run(project, { name, parent }) });
    const page = async () => {
      const { candidate, children } = await client.getCandidate({ runId: parent });
      return [candidate?.childCount, children.map(({ name }) => name)];
    };
    expect(await page()).toEqual([1, ["stays"]]);
    await mlflow.deleteRun({ runId: parent });
    expect(await page()).toEqual([1, ["stays"]]);
    const deleted = await client.searchCandidates({ experimentIds: ["0"], view: "deleted", topLevel: true });
    expect(deleted.candidates.map(({ childCount }) => childCount)).toEqual([2]);
  });

  test("a page of one run has all about it, found by number and by id", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    const mlflow = project.client(MlflowService, "connect");
    const parent = await run(project, { name: "parent", params: { p: "1" } });
    const runId = await run(project, { name: "it", parent, metrics: { m: 1 }, params: { p: "2" } });
    const child = await run(project, { name: "child", parent: runId });
    await mlflow.updateRun({ runId, status: RunStatus.FINISHED, endTime: clock + 5n });
    const { model } = await mlflow.createLoggedModel({
      experimentId: "0",
      name: "net",
      modelType: "pyfunc",
      sourceRunId: runId,
    });
    await project.rest("POST", "registered-models/create", { name: "reg" });
    await project.rest("POST", "model-versions/create", { name: "reg", source: "s3://x", run_id: runId });
    await project.rest("POST", "registered-models/alias", { name: "reg", alias: "best", version: "1" });
    const byNumber = await client.getCandidate({ iid: 2n });
    expect(byNumber).toMatchObject({
      candidate: {
        runId,
        name: "it",
        status: "FINISHED",
        endTime: clock + 5n,
        loggedModelCount: 1,
        modelVersionCount: 1,
        metrics: [{ key: "m", value: 1 }],
        params: [{ key: "p", value: "2" }],
      },
      experimentName: "Default",
      parent: { runId: parent, name: "parent", params: [] },
      children: [{ runId: child, name: "child" }],
      loggedModels: [{ modelId: model?.info?.modelId, name: "net", modelType: "pyfunc", status: "PENDING" }],
      modelVersions: [{ name: "reg", version: "1", stage: "None", source: "s3://x", aliases: ["best"] }],
    });
    expect(byNumber.nextChildrenToken).toBeUndefined();
    expect((await client.getCandidate({ runId })).candidate).toEqual(byNumber.candidate);
  });

  test("a search for keys that ends before they do says so", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    await run(project, { params: { zzz: "v" } });
    const { truncated } = await client.listColumns({ experimentIds: ["0"], search: "zz" });
    expect(truncated).toBe(false);
    await sql`
      insert into params (project_id, run_key, key, experiment_id, value)
      select ${project.id}, 1, 'p' || n, 0, 'v' from generate_series(1, 10001) n`.execute(server.db);
    const cut = await client.listColumns({ experimentIds: ["0"], search: "zz" });
    expect([cut.params, cut.truncated]).toEqual([[], true]);
  });

  test("runs of several experiments are found by their ids, in this order, with all that they logged", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    const mlflow = project.client(MlflowService, "connect");
    const { experimentId } = await mlflow.createExperiment({ name: "another" });
    const first = await run(project, { name: "first", metrics: { m: 1 }, params: { p: "2" } });
    const { run: made } = await mlflow.createRun({ experimentId, startTime: clock, runName: "second" });
    const second = made?.info?.runId ?? "";
    const theirs = await run(await server.project(), { name: "theirs" });
    await mlflow.deleteRun({ runId: second });
    const { candidates, experiments } = await client.getCandidates({
      runIds: [second, theirs, "no id", first, second],
    });
    expect(candidates.map(({ name, lifecycleStage }) => [name, lifecycleStage])).toEqual([
      ["second", "deleted"],
      ["first", "active"],
    ]);
    expect(candidates[1]).toEqual((await client.getCandidate({ runId: first })).candidate);
    expect(experiments).toMatchObject([
      { experimentId: "0", name: "Default" },
      { experimentId, name: "another" },
    ]);
    expect(await client.getCandidates({ runIds: [theirs] })).toMatchObject({
      candidates: [],
      experiments: [],
    });
  });

  test("runs are sorted by how long they took, those that have not ended last, and what took how long is found", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    const mlflow = project.client(MlflowService, "connect");
    const took: Record<string, bigint> = { short: 5n, long: 90n, endless: 2n ** 63n - 1n - clock };
    await run(project, { name: "running" });
    for (const [name, time] of Object.entries(took)) {
      const runId = await run(project, { name });
      const { run: made } = await mlflow.getRun({ runId });
      const endTime = (made?.info?.startTime ?? 0n) + time;
      await mlflow.updateRun({
        runId,
        status: RunStatus.FINISHED,
        endTime: endTime < 2n ** 63n ? endTime : 2n ** 63n - 1n,
      });
    }
    const names = async (query: object) => {
      const found: string[] = [];
      let pageToken = "";
      do {
        const page = await client.searchCandidates({
          experimentIds: ["0"],
          maxResults: 1,
          pageToken,
          ...query,
        });
        found.push(...page.candidates.map(({ name }) => name));
        pageToken = page.nextPageToken ?? "";
      } while (pageToken !== "");
      return found;
    };
    expect(await names({ orderBy: ["attributes.duration ASC"] })).toEqual([
      "short",
      "long",
      "endless",
      "running",
    ]);
    expect(await names({ orderBy: ["attributes.duration DESC"] })).toEqual([
      "endless",
      "long",
      "short",
      "running",
    ]);
    expect(await names({ filter: "duration > 5" })).toEqual(["endless", "long"]);
  });

  test("candidates are counted without being looked for", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    for (const name of ["a", "b"]) await run(project, { name });
    const of = { experimentIds: ["0"], countOnly: true };
    expect(await client.searchCandidates({ ...of, countLimit: 5 })).toMatchObject({
      candidates: [],
      count: 2n,
      countIsExact: true,
    });
    expect(await failure(client.searchCandidates(of))).toEqual(missing("count_limit"));
  });

  test("the keys that runs have are listed with how many have them, and values complete a prefix", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    const { experimentId } = await project.client(MlflowService, "connect").createExperiment({ name: "two" });
    await run(project, { metrics: { loss: 1, acc: 2 }, params: { opt: "adam" }, tags: { "my tag": "x" } });
    await run(project, { metrics: { loss: 3 }, params: { opt: "adagrad", long: "y".repeat(500) } });
    await run(project, { experimentId, metrics: { loss: 3 }, params: { opt: "sgd" } });
    const listed = await client.listColumns({ experimentIds: ["0"] });
    expect(listed).toMatchObject({
      metrics: [
        { key: "acc", runCount: 1 },
        { key: "loss", runCount: 2 },
      ],
      params: [
        { key: "long", runCount: 1 },
        { key: "opt", runCount: 2 },
      ],
      truncated: false,
    });
    expect(listed.tags.map(({ key }) => key)).toContain("my tag");
    const both = await client.listColumns({ experimentIds: ["0", experimentId], search: "OS" });
    expect(both.metrics).toMatchObject([{ key: "loss", runCount: 3 }]);
    expect(both.params).toEqual([]);
    const values = async (query: object) =>
      (await client.listValues({ experimentIds: ["0", experimentId], ...query })).values;
    expect(await values({ kind: "param", key: "opt" })).toEqual(["adagrad", "adam", "sgd"]);
    expect(await values({ kind: "param", key: "opt", prefix: "ada" })).toEqual(["adagrad", "adam"]);
    expect(await values({ kind: "param", key: "opt", maxResults: 2 })).toEqual(["adagrad", "adam"]);
    expect(await values({ kind: "tag", key: "my tag" })).toEqual(["x"]);
    expect(await values({ kind: "attribute", key: "status", prefix: "F" })).toEqual(["FAILED", "FINISHED"]);
    expect(await values({ kind: "attribute", key: "user_id" })).toEqual(["ada"]);
  });

  test("many runs are deleted, restored and tagged at once, and again without harm", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    const [a, b, c] = [await run(project), await run(project), await run(project)];
    const stages = async () => {
      const found = await client.searchCandidates({
        experimentIds: ["0"],
        view: "all",
        orderBy: ["start_time"],
        tagKeys: ["k"],
      });
      return found.candidates.map(({ lifecycleStage, tags }) => [lifecycleStage, tags[0]?.value]);
    };
    await client.tagCandidates({ runIds: [a, b], key: "k", value: "v" });
    await client.tagCandidates({ runIds: [b, a, a], key: "k", value: "w" });
    expect((await client.deleteCandidates({ runIds: [a, b] })).changedCount).toBe(2);
    expect((await client.deleteCandidates({ runIds: [c, b] })).changedCount).toBe(1);
    expect(await stages()).toEqual([
      ["deleted", "w"],
      ["deleted", "w"],
      ["deleted", undefined],
    ]);
    expect((await client.restoreCandidates({ runIds: [a, c] })).changedCount).toBe(2);
    expect(await failure(client.tagCandidates({ runIds: [a, b], key: "k", value: "x" }))).toEqual(
      notActive(b),
    );
    await client.tagCandidates({ runIds: [a, c], key: "k" });
    expect(await stages()).toEqual([
      ["active", undefined],
      ["deleted", "w"],
      ["active", undefined],
    ]);
  });

  test("of many runs none is changed when one is not there, or is another project's", async () => {
    const project = await server.project();
    const client = project.client(CandidateService, protocol);
    const own = await run(project);
    const foreign = await run(await server.project());
    for (const other of [foreign, "f".repeat(32), "no id"]) {
      const runIds = [own, other];
      expect(await failure(client.deleteCandidates({ runIds }))).toEqual(noRun(other));
      expect(await failure(client.restoreCandidates({ runIds }))).toEqual(noRun(other));
      expect(await failure(client.tagCandidates({ runIds, key: "k", value: "v" }))).toEqual(noRun(other));
    }
    const { candidates } = await client.searchCandidates({ experimentIds: ["0"], tagKeys: ["k"] });
    expect(candidates).toMatchObject([{ lifecycleStage: "active", tags: [] }]);
  });

  test("another project's runs are not to be found", async () => {
    const other = await server.project();
    const foreign = await run(other, { name: "theirs", params: { p: "v" } });
    const client = (await server.project()).client(CandidateService, protocol);
    expect(await failure(client.getCandidate({ runId: foreign }))).toEqual(noRun(foreign));
    expect(await failure(client.getCandidate({ iid: 1n }))).toEqual(absent("Run with id=1 not found"));
    expect(await failure(client.listChildren({ runId: foreign }))).toEqual(noRun(foreign));
    expect((await client.getCandidates({ runIds: [foreign] })).candidates).toEqual([]);
    const all = { experimentIds: ["0"] };
    expect(await client.searchCandidates({ ...all, countLimit: 5 })).toMatchObject({
      candidates: [],
      count: 0n,
    });
    expect(await client.listColumns(all)).toMatchObject({ metrics: [], params: [], tags: [] });
    expect((await client.listValues({ ...all, kind: "param", key: "p" })).values).toEqual([]);
  });

  test("what is missing or out of range is refused by name", async () => {
    const client = (await server.project()).client(CandidateService, protocol);
    const ids = (count: number) => Array.from({ length: count }, (_, i) => String(i));
    const some = { experimentIds: ["0"] };
    const search = async (query: object) => await failure(client.searchCandidates({ ...some, ...query }));
    expect(await search({ experimentIds: [] })).toEqual(missing("experiment_ids"));
    expect(await search({ experimentIds: ids(51) })).toEqual(
      invalid("Invalid value for parameter 'experiment_ids': it must name at most 50, but names 51."),
    );
    expect(await search({ metricKeys: ids(201) })).toEqual(
      invalid("Invalid value for parameter 'metric_keys': it must name at most 200, but names 201."),
    );
    expect(await search({ view: "old" })).toEqual(
      invalid("Invalid value for parameter 'view': it must be one of active, deleted, all."),
    );
    for (const maxResults of [-1, 1001])
      expect(await search({ maxResults })).toEqual(
        invalid(
          `Invalid value for parameter 'max_results': it must be between 1 and 1000, but is ${maxResults}.`,
        ),
      );
    for (const offset of [-1, 1_000_001])
      expect(await search({ offset })).toEqual(
        invalid(`Invalid value for parameter 'offset': it must be between 0 and 1000000, but is ${offset}.`),
      );
    expect(await search({ offset: 1, pageToken: "x" })).toEqual(
      invalid("Invalid value for parameter 'offset': a page_token says where the page begins."),
    );
    expect(await search({ name: "a\0" })).toEqual(
      invalid("The parameter 'name' holds a NUL character or half of a surrogate pair."),
    );
    expect(await failure(client.getCandidate({}))).toEqual(missing("iid"));
    expect(await failure(client.getCandidate({ iid: 1n, runId: "x" }))).toEqual(
      invalid("Only one of 'iid' and 'run_id' may be given."),
    );
    expect(await failure(client.getCandidates({}))).toEqual(missing("run_ids"));
    expect(await failure(client.getCandidates({ runIds: ids(101) }))).toEqual(
      invalid("Invalid value for parameter 'run_ids': it must name at most 100, but names 101."),
    );
    expect(await failure(client.listValues({ ...some, key: "k" }))).toEqual(missing("kind"));
    expect(await failure(client.listValues({ ...some, kind: "metric", key: "k" }))).toEqual(
      invalid("Invalid value for parameter 'kind': it must be one of param, tag, attribute."),
    );
    expect(await failure(client.deleteCandidates({}))).toEqual(missing("run_ids"));
    expect(await failure(client.restoreCandidates({ runIds: ids(1001) }))).toEqual(
      invalid("Invalid value for parameter 'run_ids': it must name at most 1000, but names 1001."),
    );
    expect(await failure(client.tagCandidates({ runIds: ["x"] }))).toEqual(missing("key"));
  });
});
