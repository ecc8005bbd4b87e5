import { toJson } from "@bufbuild/protobuf";
import { beforeAll, describe, expect, test } from "vitest";
import { ExportService } from "../../gen/loggia/v1/export_pb.js";
import { MlflowService, type Run, RunSchema, ViewType } from "../../gen/mlflow/service_pb.js";
import { readCsvTable } from "../support/csv.ts";
import { absent, invalid } from "../support/mlflow-errors.ts";
import { readParquet } from "../support/parquet.ts";
import { failure, type TestProject, testServer } from "../support/server.ts";

const server = await testServer();
const route = "/api/1.0/loggia/export/runs";

const hostile = {
  params: {
    quote: 'say "hi", twice ""',
    newline: "a\r\nb\nc\rd",
    formula: "=1+1",
    minus: "-1",
    at: "@x",
    empty: "",
    unicode: "ünï ☃ 😀\u2028",
    blank: "  padded  ",
    name: "a param called name",
    both: "param",
    "params.twice": "three",
    __proto__text: "x",
    constructor: "y",
  },
  metrics: {
    nan: Number.NaN,
    up: Number.POSITIVE_INFINITY,
    down: Number.NEGATIVE_INFINITY,
    both: 0.1,
    tiny: 5e-324,
    large: 1.7976931348623157e308,
    third: 1 / 3,
    start_time: 7,
  },
  tags: { "a tag": "=2,\n", "params.x": "t", both: "tag" },
} as const;

interface Sample {
  project: TestProject;
  experimentId: string;
  /** As SearchRuns has them, all pages. */
  runs: Run[];
}

/** An experiment of `count` plain runs and one hostile one. */
async function sample(count: number): Promise<Sample> {
  const project = await server.project();
  const client = project.client(MlflowService, "grpc");
  const { experimentId } = await client.createExperiment({ name: `exp/"ü" ${count}` });
  const list = (texts: object) => Object.entries(texts).map(([key, value]) => ({ key, value }));
  for (let i = 0; i < count; i++) {
    const startTime = BigInt(1_700_000_000_000 + (i % 3));
    const { run } = await client.createRun({ experimentId, startTime, runName: `run ${i}`, userId: "ann" });
    const runId = run?.info?.runId ?? "";
    await client.logBatch({
      runId,
      metrics: i % 4 === 0 ? [] : [{ key: "loss", value: i / 7, timestamp: 2n ** 60n + 1n, step: BigInt(i) }],
      params: [{ key: "lr", value: String(i % 5) }],
    });
  }
  const { run } = await client.createRun({ experimentId, startTime: 1n });
  const runId = run?.info?.runId ?? "";
  await client.logBatch({
    runId,
    params: list(hostile.params),
    metrics: list(hostile.metrics).map((one) => ({ ...one, timestamp: 1n, step: 0n })),
    tags: list(hostile.tags),
  });
  await client.updateRun({ runId, status: 3, endTime: 1_700_000_000_001n });
  return { project, experimentId, runs: await searched(project, { experimentIds: [experimentId] }) };
}

/** SearchRuns, page by page. */
async function searched(project: TestProject, request: object): Promise<Run[]> {
  const client = project.client(MlflowService, "grpc");
  const runs: Run[] = [];
  let pageToken = "";
  do {
    const page = await client.searchRuns({ ...request, maxResults: 7, pageToken });
    runs.push(...page.runs);
    pageToken = page.nextPageToken ?? "";
  } while (pageToken !== "");
  return runs;
}

const json = (runs: readonly Run[]) => runs.map((run) => toJson(RunSchema, run));
const ids = (runs: readonly Run[]) => runs.map((run) => run.info?.runId);
const items = (list: readonly { key: string; value: unknown }[] = []) =>
  new Map(list.map(({ key, value }) => [key, value]));

const file = (project: TestProject, query: Record<string, string> | [string, string][]) =>
  project.rest("GET", `${route}?${new URLSearchParams(query)}`);
const bytes = async (project: TestProject, query: Record<string, string>) =>
  (await fetch(`${project.uri}${route}?${new URLSearchParams(query)}`)).arrayBuffer();

let data: Sample;
beforeAll(async () => {
  data = await sample(240);
});

describe.each(["connect", "grpc", "grpc-web"] as const)("the export of runs over %s", (protocol) => {
  const exported = async (project: TestProject, request: object) => {
    const parts: { runs: Run[]; after: string }[] = [];
    for await (const part of project.client(ExportService, protocol).exportRuns(request)) parts.push(part);
    return parts;
  };

  test("what comes is what SearchRuns finds, in its order and to the last digit", async () => {
    const { project, experimentId, runs } = data;
    const parts = await exported(project, { experimentIds: [experimentId] });
    expect(parts.length).toBeGreaterThan(1);
    expect(json(parts.flatMap((part) => part.runs))).toEqual(json(runs));
  });

  test("filters, orders and views are those of SearchRuns", async () => {
    const { project, experimentId } = data;
    for (const request of [
      { filter: "params.lr = '3' and metrics.loss > 5" },
      { orderBy: ["metrics.loss DESC", "params.lr"] },
      { orderBy: ["tags.`mlflow.runName`"], filter: "attributes.start_time >= 1700000000001" },
    ]) {
      const asked = { experimentIds: [experimentId], ...request };
      const found = (await exported(project, asked)).flatMap((part) => part.runs);
      expect(found.length).toBeGreaterThan(10);
      expect(ids(found)).toEqual(ids(await searched(project, asked)));
    }
  });

  test("an export goes on behind every message, and behind every run by its id", async () => {
    const { project, experimentId, runs } = data;
    for (const orderBy of [[], ["metrics.loss DESC"], ["metrics.nan", "start_time"]]) {
      const request = { experimentIds: [experimentId], orderBy };
      const parts = await exported(project, request);
      const all = ids(parts.flatMap((part) => part.runs));
      expect(all).toHaveLength(runs.length);
      for (let i = 0; i < parts.length; i++) {
        const rest = await exported(project, { ...request, after: parts[i]?.after });
        const arrived = parts.slice(0, i + 1).flatMap((part) => part.runs);
        expect([...ids(arrived), ...ids(rest.flatMap((part) => part.runs))]).toEqual(all);
      }
      for (const at of [0, 1, 99, 100, all.length - 2, all.length - 1]) {
        const rest = await exported(project, { ...request, after: all[at] });
        expect(ids(rest.flatMap((part) => part.runs))).toEqual(all.slice(at + 1));
      }
    }
  });

  test("a token is of use for its own export alone", async () => {
    const { project, experimentId } = data;
    const [first] = await exported(project, { experimentIds: [experimentId] });
    const after = first?.after ?? "";
    const refused = invalid(expect.stringContaining("'after'"));
    const asked = { experimentIds: [experimentId], after };
    for (const other of [
      { ...asked, filter: "params.lr = '3'" },
      { ...asked, orderBy: ["start_time"] },
      { ...asked, runViewType: "ALL" },
      { after },
      { ...asked, after: "x" },
      { ...asked, after: "f".repeat(32) },
    ])
      expect(await failure(exported(project, other))).toMatchObject(refused);
    const other = await server.project();
    expect(await failure(exported(other, { after }))).toMatchObject(refused);
    // What is chosen of a run may change.
    expect(await exported(project, { ...asked, columns: ["params"] })).not.toEqual([]);
  });

  test("columns choose what comes beside the info", async () => {
    const { project, experimentId } = data;
    const columns = ["params.lr", "tags", "metrics.absent"];
    const parts = await exported(project, { experimentIds: [experimentId], columns });
    const found = parts.flatMap((part) => part.runs);
    const expected = data.runs.map((run) => ({
      name: run.info?.runName,
      params: run.data?.params.filter(({ key }) => key === "lr"),
      tags: run.data?.tags,
      metrics: [],
    }));
    expect(
      found.map(({ info, data }) => ({
        name: info?.runName,
        params: data?.params,
        tags: data?.tags,
        metrics: data?.metrics,
      })),
    ).toEqual(expected);
    expect(
      await failure(exported(project, { experimentIds: [experimentId], columns: ["colour"] })),
    ).toMatchObject(invalid(expect.stringContaining("'columns'")));
  });

  test("without experiments all runs of the project come, experiment by experiment, and none of another", async () => {
    const project = await server.project();
    const client = project.client(MlflowService, "grpc");
    const made: string[] = [];
    const experimentIds: string[] = [];
    for (const name of ["a", "b", "c"]) {
      const { experimentId } = await client.createExperiment({ name });
      experimentIds.push(experimentId);
      for (let i = 0; i < 3; i++) {
        const { run } = await client.createRun({ experimentId, startTime: BigInt(100 - i) });
        made.push(run?.info?.runId ?? "");
      }
    }
    const all = (await exported(project, {})).flatMap((part) => part.runs);
    expect(ids(all)).toEqual(made);
    for (const [i, after] of made.entries())
      expect(ids((await exported(project, { after })).flatMap((part) => part.runs))).toEqual(
        made.slice(i + 1),
      );
    // Several that are named share one order.
    const together = ids(await searched(project, { experimentIds }));
    expect(together).not.toEqual(made);
    for (const [i, after] of ["", ...together].entries())
      expect(ids((await exported(project, { experimentIds, after })).flatMap((part) => part.runs))).toEqual(
        together.slice(i),
      );
  });

  test("deleted runs come when they are asked for", async () => {
    const project = await server.project();
    const client = project.client(MlflowService, "grpc");
    const gone = (await client.createRun({ experimentId: "0", startTime: 2n })).run?.info?.runId ?? "";
    const there = (await client.createRun({ experimentId: "0", startTime: 1n })).run?.info?.runId ?? "";
    await client.deleteRun({ runId: gone });
    const found = async (runViewType: string) =>
      ids((await exported(project, { experimentIds: ["0"], runViewType })).flatMap((part) => part.runs));
    expect(await found("")).toEqual([there]);
    expect(await found("DELETED_ONLY")).toEqual([gone]);
    expect(await found("ALL")).toEqual([gone, there]);
    expect(ids(await searched(project, { experimentIds: ["0"], runViewType: ViewType.ALL }))).toEqual([
      gone,
      there,
    ]);
    expect(await failure(found("BOTH"))).toMatchObject(invalid(expect.stringContaining("'run_view_type'")));
  });

  test("an experiment that does not exist, or is another project's, is not found", async () => {
    const other = await server.project();
    const { experimentId } = data;
    expect(await failure(exported(other, { experimentIds: [experimentId] }))).toEqual(
      absent(`No Experiment with id=${experimentId} exists`),
    );
    expect(await failure(exported(other, { experimentIds: ["0", "x"] }))).toEqual(
      absent("No Experiment with id=x exists"),
    );
  });
});

test("runs so heavy that few fill a message come in many, none of them too large for a client", async () => {
  const project = await server.project();
  const client = project.client(MlflowService, "grpc");
  const value = "x".repeat(5_000);
  const tags = Array.from({ length: 90 }, (_, i) => ({ key: `t${i}`, value }));
  for (let i = 0; i < 12; i++) {
    const { run } = await client.createRun({ experimentId: "0", startTime: BigInt(i) });
    await client.logBatch({ runId: run?.info?.runId ?? "", tags });
  }
  const sizes: number[] = [];
  for await (const { runs } of project.client(ExportService, "grpc").exportRuns({})) sizes.push(runs.length);
  expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(12);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2);
});

describe("a file of runs", () => {
  test("NDJSON is the JSON of runs/search, line by line", async () => {
    const { project, experimentId } = data;
    const { status, headers, body } = await file(project, {
      experiment_id: experimentId,
      format: "ndjson",
      order_by: "metrics.loss",
    });
    expect([status, headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
    const response = await project.rest("POST", "runs/search", {
      experiment_ids: [experimentId],
      order_by: ["metrics.loss"],
    });
    const lines: string[] = body.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(response.body.runs);
    // Integers beyond 2^53 keep their digits.
    expect(body).toContain('"timestamp":1152921504606846977,');
  });

  test("CSV has GitLab's columns, then params and metrics, exactly as they were logged", async () => {
    const { project, experimentId, runs } = data;
    const { status, headers, body } = await file(project, { experiment_id: experimentId });
    expect([status, headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8; header=present"]);
    expect(headers.get("content-disposition")).toBe(
      `attachment; filename="exp__u_ 240-runs.csv"; filename*=UTF-8''exp__%C3%BC_%20240-runs.csv`,
    );
    expect(body.slice(0, body.indexOf("lr"))).toMatch(
      /^project_id,experiment_iid,candidate_iid,name,external_id,start_time,end_time,/,
    );
    const table = readCsvTable(body);
    expect(table.map((row) => row.external_id)).toEqual(ids(runs));
    for (const [i, { info, data: logged }] of runs.entries()) {
      const row = table[i] ?? {};
      expect(row).toMatchObject({
        project_id: String(project.id),
        experiment_iid: experimentId,
        name: info?.runName ?? "",
        start_time: String(info?.startTime),
        end_time: info?.endTime ? String(info.endTime) : "",
        lr: items(logged?.params).get("lr") ?? "",
        loss: String(items(logged?.metrics).get("loss") ?? ""),
      });
    }
    const last = table.at(-1) ?? {};
    const { params, metrics } = hostile;
    expect(last).toMatchObject({
      ...{ quote: params.quote, newline: params.newline, formula: params.formula, minus: params.minus },
      ...{ at: params.at, empty: "", unicode: params.unicode, blank: params.blank },
      ...{ "params.name": params.name, "params.both": "param", "metrics.both": "0.1" },
      ...{ "params.params.twice": "three", __proto__text: "x", constructor: "y" },
      ...{ nan: "NaN", up: "Infinity", down: "-Infinity", "metrics.start_time": "7", start_time: "1" },
    });
    for (const key of ["tiny", "large", "third"] as const) expect(Number(last[key])).toBe(metrics[key]);
    expect(Object.keys(last).filter((name) => name.startsWith("tags."))).toEqual([]);
    // An empty text is told from one that is not there.
    expect(body.split("\r\n").filter((line: string) => line.includes(',"",'))).toHaveLength(1);
  });

  test("CSV has the columns that are asked for, tags as well", async () => {
    const { project, experimentId, runs } = data;
    const { body } = await file(project, [
      ["experiment_id", experimentId],
      ["columns", "tags"],
      ["columns", "status"],
      ["columns", "metrics.loss"],
      ["columns", "params.never"],
    ]);
    const table = readCsvTable(body);
    expect(Object.keys(table[0] ?? {})).toEqual([
      ...["project_id", "experiment_iid", "candidate_iid", "name", "external_id", "start_time", "end_time"],
      ...["status", "never", "loss", "tags.a tag", "tags.both", "tags.mlflow.runName", "tags.params.x"],
    ]);
    expect(table.at(-1)).toMatchObject({ status: "FINISHED", "tags.a tag": "=2,\n", never: "" });
    expect(table.map((row) => row["tags.mlflow.runName"])).toEqual(
      runs.map(({ data }) => items(data?.tags).get("mlflow.runName") ?? ""),
    );
  });

  test("formulas are escaped when it is asked for, and numbers are none", async () => {
    const { project, experimentId } = data;
    const { body } = await file(project, { experiment_id: experimentId, escape_formulas: "true" });
    expect(readCsvTable(body).at(-1)).toMatchObject({
      formula: "'=1+1",
      minus: "'-1",
      at: "'@x",
      down: "-Infinity",
      "params.both": "param",
    });
    expect((await file(project, { experiment_id: experimentId, escape_formulas: "1" })).body).toMatchObject({
      error_code: "INVALID_PARAMETER_VALUE",
    });
  });

  test("Parquet has typed columns, and says the same", async () => {
    const { project, experimentId, runs } = data;
    const { rows, columns } = await readParquet(
      await bytes(project, { experiment_id: experimentId, format: "parquet" }),
    );
    const types = new Map(columns.map(({ name, type, converted_type }) => [name, converted_type ?? type]));
    expect([types.get("project_id"), types.get("start_time"), types.get("metrics.loss")]).toEqual([
      "INT64",
      "TIMESTAMP_MILLIS",
      "DOUBLE",
    ]);
    expect(rows.map((row) => row.external_id)).toEqual(ids(runs));
    for (const [i, { info, data: logged }] of runs.entries()) {
      const row = rows[i] ?? {};
      expect(row).toMatchObject({
        project_id: project.id,
        experiment_iid: BigInt(experimentId),
        start_time: new Date(Number(info?.startTime)),
        user_id: info?.userId,
        lifecycle_stage: "active",
        artifact_uri: info?.artifactUri,
      });
      for (const [kind, list] of [
        ["params", logged?.params],
        ["metrics", logged?.metrics],
        ["tags", logged?.tags],
      ] as const)
        expect(
          Object.entries(row)
            .filter(([name, value]) => name.startsWith(`${kind}.`) && value !== undefined && value !== null)
            .map(([name, value]) => [name.slice(kind.length + 1), value]),
        ).toEqual([...items(list)]);
    }
    expect(rows.at(-1)).toMatchObject({
      status: "FINISHED",
      "metrics.nan": Number.NaN,
      "params.empty": "",
      end_time: new Date(1_700_000_000_001),
    });
  });

  test("a file goes on behind a run by its id", async () => {
    const { project, experimentId, runs } = data;
    const after = ids(runs)[100] ?? "";
    const { body } = await file(project, { experiment_id: experimentId, after });
    expect(readCsvTable(body).map((row) => row.external_id)).toEqual(ids(runs).slice(101));
  });

  test("of no runs, there is a file without rows", async () => {
    const project = await server.project();
    expect(await file(project, { format: "ndjson" })).toMatchObject({ status: 200, body: "" });
    const { body, headers } = await file(project, {});
    expect(body).toBe("project_id,experiment_iid,candidate_iid,name,external_id,start_time,end_time\r\n");
    expect(headers.get("content-disposition")).toBe('attachment; filename="all-runs.csv"');
    expect((await readParquet(await bytes(project, { format: "parquet" }))).rows).toEqual([]);
  });

  test("what is wrong with a request is said before the file begins", async () => {
    const { project } = data;
    for (const [query, parameter] of [
      [{ format: "xlsx" }, "'format'"],
      [{ filter: "colour = 1" }, "colour"],
      [{ order_by: "a b c" }, "order_by"],
      [{ after: "nonsense" }, "'after'"],
      [{ columns: "x" }, "'columns'"],
    ] as const)
      expect(await file(project, query)).toMatchObject({
        status: 400,
        body: { error_code: "INVALID_PARAMETER_VALUE", message: expect.stringContaining(parameter) },
      });
  });

  test("it is compressed for a network, when its reader takes gzip", async () => {
    const { project, experimentId } = data;
    const plain = await file(project, { experiment_id: experimentId });
    const response = await fetch(`${project.uri}${route}?experiment_id=${experimentId}`, {
      headers: { "accept-encoding": "gzip", "x-forwarded-for": "192.0.2.1" },
    });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(await response.text()).toBe(plain.body);
  });
});
