import fc from "fast-check";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { type TestProject, testServer } from "../support/server.ts";

// Two tenants do random things on one server at the same time, each with a token of a project of its own. Whatever a tenant
// writes carries its mark. It knows every id and name of the other, and uses them, also at the other's address.
const server = await testServer({ open: false });

class Tenant {
  readonly mark: string;
  readonly project: TestProject;
  readonly token: string;
  /** What it has made and been told, all of which the other is told as well. */
  readonly known = {
    experiments: ["0"],
    experimentNames: ["Default"],
    runs: ["0".repeat(32)],
    models: ["none"],
    files: ["none"],
    pages: [""],
    loggedModels: ["m-none"],
  };

  constructor(mark: string, project: TestProject, token: string) {
    this.mark = mark;
    this.project = project;
    this.token = token;
  }
}

async function tenant(mark: string): Promise<Tenant> {
  const project = await server.project();
  return new Tenant(mark, project, await project.token({ role: "maintainer" }));
}

/** What a tenant does next; numbers choose among what is known. */
interface Step {
  /** One of `actions`. */
  action: string;
  /** Whose things it asks for. */
  whose: "own" | "other";
  /** At whose address it asks. */
  where: "own" | "other";
  over: "rest" | "connect";
  a: number;
  b: number;
}

type Known = keyof Tenant["known"];

interface Request {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** Below `/api/2.0/mlflow/`, unless it begins with a slash. */
  path: string;
  /** The RPC by its full name, for Connect. */
  rpc?: string;
  message?: Record<string, unknown>;
  bytes?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the answer of any call, in REST's spelling.
  learn?: (answer: any, known: Tenant["known"]) => unknown;
}

interface Chosen {
  mark: string;
  n: number;
  /** One of the things that are known of their kind. */
  any(kind: Known): string;
}

const mlflow = "mlflow.MlflowService";
const registry = "mlflow.ModelRegistryService";

const actions: Record<string, (chosen: Chosen) => Request> = {
  createExperiment: ({ mark, n }) => ({
    method: "POST",
    path: "experiments/create",
    rpc: `${mlflow}/createExperiment`,
    message: { name: n % 3 === 0 ? `same-${n % 10}` : `${mark} ${n}`, tags: [{ key: "of", value: mark }] },
    learn: (answer, known) => answer.experiment_id && known.experiments.push(answer.experiment_id),
  }),
  getExperiment: ({ any }) => ({
    method: "GET",
    path: "experiments/get",
    rpc: `${mlflow}/getExperiment`,
    message: { experiment_id: any("experiments") },
    learn: (answer, known) => answer.experiment && known.experimentNames.push(answer.experiment.name),
  }),
  getExperimentByName: ({ any }) => ({
    method: "GET",
    path: "experiments/get-by-name",
    rpc: `${mlflow}/getExperimentByName`,
    message: { experiment_name: any("experimentNames") },
  }),
  searchExperiments: ({ n, any }) => ({
    method: "POST",
    path: "experiments/search",
    rpc: `${mlflow}/searchExperiments`,
    message: { max_results: (n % 5) + 1, ...(n % 2 === 0 && { page_token: any("pages") }), view_type: "ALL" },
    learn: (answer, known) => answer.next_page_token && known.pages.push(answer.next_page_token),
  }),
  renameExperiment: ({ mark, n, any }) => ({
    method: "POST",
    path: "experiments/update",
    rpc: `${mlflow}/updateExperiment`,
    message: { experiment_id: any("experiments"), new_name: `${mark} renamed ${n}` },
  }),
  createRun: ({ mark, any }) => ({
    method: "POST",
    path: "runs/create",
    rpc: `${mlflow}/createRun`,
    message: {
      experiment_id: any("experiments"),
      user_id: mark,
      run_name: `${mark} run`,
      tags: [{ key: `${mark}-tag`, value: mark }],
    },
    learn: (answer, known) => answer.run && known.runs.push(answer.run.info.run_id),
  }),
  getRun: ({ any }) => ({
    method: "GET",
    path: "runs/get",
    rpc: `${mlflow}/getRun`,
    message: { run_id: any("runs") },
  }),
  updateRun: ({ mark, any }) => ({
    method: "POST",
    path: "runs/update",
    rpc: `${mlflow}/updateRun`,
    message: { run_id: any("runs"), status: "FINISHED", run_name: `${mark} again` },
  }),
  deleteRun: ({ any }) => ({ method: "POST", path: "runs/delete", message: { run_id: any("runs") } }),
  restoreRun: ({ any }) => ({ method: "POST", path: "runs/restore", message: { run_id: any("runs") } }),
  logMetric: ({ mark, n, any }) => ({
    method: "POST",
    path: "runs/log-metric",
    rpc: `${mlflow}/logMetric`,
    message: { run_id: any("runs"), key: n % 2 ? "loss" : `${mark} loss`, value: n, timestamp: n, step: n },
  }),
  logParam: ({ mark, n, any }) => ({
    method: "POST",
    path: "runs/log-parameter",
    rpc: `${mlflow}/logParam`,
    message: { run_id: any("runs"), key: `p${n % 5}`, value: mark },
  }),
  logBatch: ({ mark, n, any }) => ({
    method: "POST",
    path: "runs/log-batch",
    rpc: `${mlflow}/logBatch`,
    message: {
      run_id: any("runs"),
      metrics: [{ key: "loss", value: n, timestamp: n, step: n }],
      params: [{ key: `${mark} q${n % 5}`, value: mark }],
      tags: [{ key: "t", value: `${mark} ${n}` }],
    },
  }),
  searchRuns: ({ n, any }) => ({
    method: "POST",
    path: "runs/search",
    rpc: `${mlflow}/searchRuns`,
    message: {
      experiment_ids: [any("experiments"), "0", "1"],
      filter: ["", "metrics.loss >= 0", "tags.t LIKE '%'", "attributes.run_name != 'x'", "params.p0 != ''"][
        n % 5
      ],
      order_by: n % 2 ? ["metrics.loss DESC"] : [],
      run_view_type: "ALL",
      max_results: (n % 7) + 1,
      ...(n % 3 === 0 && { page_token: any("pages") }),
    },
    learn: (answer, known) => answer.next_page_token && known.pages.push(answer.next_page_token),
  }),
  getHistory: ({ any }) => ({
    method: "GET",
    path: "metrics/get-history",
    rpc: `${mlflow}/getMetricHistory`,
    message: { run_id: any("runs"), metric_key: "loss" },
  }),
  getHistories: ({ any }) => ({
    method: "GET",
    path: "metrics/get-history-bulk",
    message: { run_id: any("runs"), metric_key: "loss" },
  }),
  upload: ({ mark, n, any }) => {
    const path = `${any("experiments")}/${any("runs")}/artifacts/${n % 5}.txt`;
    return {
      method: "PUT",
      path: `/api/2.0/mlflow-artifacts/artifacts/${path}`,
      bytes: `${mark} bytes ${n}`,
      learn: (_, known) => known.files.push(path),
    };
  },
  download: ({ any }) => ({
    method: "GET",
    path: `/api/2.0/mlflow-artifacts/artifacts/${any("files")}`,
  }),
  downloadOfRun: ({ n, any }) => ({
    method: "GET",
    path: "/get-artifact",
    message: { run_id: any("runs"), path: `${n % 5}.txt` },
  }),
  remove: ({ n, any }) =>
    n % 4 === 0
      ? { method: "DELETE", path: `/api/2.0/mlflow-artifacts/artifacts/${any("files")}` }
      : { method: "GET", path: "artifacts/list", message: { run_id: any("runs") } },
  listArtifacts: ({ any }) => ({
    method: "GET",
    path: "artifacts/list",
    rpc: `${mlflow}/listArtifacts`,
    message: { run_id: any("runs") },
  }),
  createModel: ({ mark, n }) => {
    const name = n % 2 ? `model-${n % 6}` : `${mark} model ${n % 6}`;
    return {
      method: "POST",
      path: "registered-models/create",
      rpc: `${registry}/createRegisteredModel`,
      message: { name, description: mark, tags: [{ key: "of", value: mark }] },
      learn: (answer, known) => answer.registered_model && known.models.push(name),
    };
  },
  createVersion: ({ mark, any }) => ({
    method: "POST",
    path: "model-versions/create",
    rpc: `${registry}/createModelVersion`,
    message: {
      name: any("models"),
      source: `mlflow-artifacts:/0/${any("runs")}/artifacts/model`,
      run_id: any("runs"),
      description: mark,
    },
  }),
  getModel: ({ any }) => ({
    method: "GET",
    path: "registered-models/get",
    rpc: `${registry}/getRegisteredModel`,
    message: { name: any("models") },
  }),
  getVersion: ({ n, any }) => ({
    method: "GET",
    path: "model-versions/get",
    rpc: `${registry}/getModelVersion`,
    message: { name: any("models"), version: String((n % 2) + 1) },
  }),
  setAlias: ({ mark, any }) => ({
    method: "POST",
    path: "registered-models/alias",
    message: { name: any("models"), alias: `a-${mark.slice(0, 4)}`, version: "1" },
  }),
  searchModels: ({ n, any }) => ({
    method: "GET",
    path: "registered-models/search",
    rpc: `${registry}/searchRegisteredModels`,
    message: {
      max_results: String((n % 5) + 1),
      ...(n % 2 === 0 && { filter: "name LIKE '%model%'" }),
      ...(n % 3 === 0 && { page_token: any("pages") }),
    },
    learn: (answer, known) => answer.next_page_token && known.pages.push(answer.next_page_token),
  }),
  searchVersions: ({ n }) => ({
    method: "GET",
    path: "model-versions/search",
    rpc: `${registry}/searchModelVersions`,
    message: n % 2 ? { filter: "name = 'model-1'" } : {},
  }),
  createLoggedModel: ({ mark, any }) => ({
    method: "POST",
    path: "logged-models",
    message: {
      experiment_id: any("experiments"),
      name: `${mark.slice(0, 8)}-lm`,
      source_run_id: any("runs"),
      params: [{ key: "of", value: mark }],
    },
    learn: (answer, known) => answer.model && known.loggedModels.push(answer.model.info.model_id),
  }),
  getLoggedModel: ({ any }) => ({ method: "GET", path: `logged-models/${any("loggedModels")}` }),
};

const steps = fc.array(
  fc.record<Step>({
    action: fc.constantFrom(...Object.keys(actions)),
    // Mostly what succeeds, or there would be nothing to see.
    whose: fc.constantFrom("own", "own", "other"),
    where: fc.constantFrom("own", "own", "own", "own", "own", "own", "own", "other"),
    over: fc.constantFrom("rest", "connect"),
    a: fc.nat(10_000),
    b: fc.nat(10_000),
  }),
  { minLength: 30, maxLength: 60, size: "max" },
);

const camelToSnake = (json: string) =>
  json.replaceAll(/"([a-z]+[A-Z][A-Za-z]*)":/g, (key) =>
    key.replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
  );

/** Takes a step. @returns the status and everything that the answer says, headers included. */
async function take(
  step: Step,
  self: Tenant,
  other: Tenant,
): Promise<{ status: number; said: string; sent: string[] }> {
  const of = step.whose === "own" ? self : other;
  let pick = step.b;
  const request = actions[step.action]?.({
    mark: self.mark,
    n: step.a,
    any(kind) {
      const known = of.known[kind];
      pick = (pick * 31 + 7) % 10_007;
      return known[pick % known.length] ?? "";
    },
  });
  if (request === undefined) throw new Error(`there is no action ${step.action}`);
  const { method, path, rpc, message = {}, bytes, learn } = request;
  const { project } = step.where === "own" ? self : other;
  const headers: Record<string, string> = { authorization: `Bearer ${self.token}` };
  let response: Response;
  if (step.over === "connect" && rpc !== undefined)
    response = await fetch(`${server.url}/${rpc}`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", "loggia-project": String(project.id) },
      body: JSON.stringify(message),
    });
  else {
    const url = new URL(`${project.uri}${path.startsWith("/") ? path : `/api/2.0/mlflow/${path}`}`);
    const isQuery = method === "GET";
    if (isQuery)
      for (const [name, value] of Object.entries(message)) url.searchParams.set(name, String(value));
    const body = bytes ?? (isQuery || method === "DELETE" ? undefined : JSON.stringify(message));
    response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  }
  const text = await response.text();
  const { status } = response;
  const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
  if (status === 200 && step.where === "own" && isJson) learn?.(JSON.parse(camelToSnake(text)), self.known);
  const said = `${text}\n${[...response.headers].join("\n")}`;
  return { status, said, sent: stringsOf([message, path]) };
}

const stringsOf = (value: unknown): string[] =>
  typeof value === "string"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(stringsOf)
      : [];

/** Rows of `project` that hold `mark`, by table. */
async function rowsWith(project: bigint, mark: string): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'project_id'`.execute(server.db);
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql`
      select from ${sql.table(name)} as one
      where project_id = ${project} and strpos(to_jsonb(one)::text, ${mark}) > 0`.execute(server.db);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

test("whatever two tenants do at the same time, no answer to one holds a byte of the other's", async () => {
  const counts = { own: 0, refused: 0 };
  let round = 0;
  const work = async (all: readonly Step[], self: Tenant, other: Tenant) => {
    for (const step of all) {
      const { status, said, sent } = await take(step, self, other);
      expect(status, `${step.action}: ${said}`).toBeLessThan(500);
      if (step.where === "other") expect([step.action, status]).toEqual([step.action, 404]);
      // What the request itself said may be said again.
      const news = sent.reduce((text, string) => (string === "" ? text : text.replaceAll(string, "")), said);
      expect(news, step.action).not.toContain(other.mark);
      if (said.includes(self.mark)) counts.own++;
      if (step.whose === "other" && status === 404) counts.refused++;
    }
  };
  await fc.assert(
    fc.asyncProperty(steps, steps, async (ones, others) => {
      round++;
      const one = await tenant(`amber${round}-5c1d7e`);
      const other = await tenant(`birch${round}-90fa3b`);
      await Promise.all([work(ones, one, other), work(others, other, one)]);
      for (const [self, stranger] of [
        [one, other],
        [other, one],
      ] as const) {
        expect(await rowsWith(self.project.id, stranger.mark)).toEqual([]);
        expect((await rowsWith(self.project.id, self.mark)).length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 10, endOnFailure: true },
  );
  // It was no empty play: things were made and seen, and the other's were asked for.
  expect(counts.own).toBeGreaterThan(100);
  expect(counts.refused).toBeGreaterThan(50);
}, 120_000);
