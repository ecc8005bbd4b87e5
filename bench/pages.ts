/**
 * What the pages ask for, on an experiment of many runs beside 10,000 experiments: `scripts/run bench/pages.ts --data DIR
 * [--runs N]`. The data is made in DIR by the first call and measured by each: the median of the answers' times, over REST,
 * and as a multiple of the first page's. Run it alone.
 */
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sql } from "kysely";
import { localArtifacts } from "../src/artifacts/local.ts";
import { createServer } from "../src/server.ts";
import { type Database, openDatabase } from "../src/store/database.ts";
import { startEmbedded } from "../src/store/embedded.ts";
import { migrateToLatest } from "../src/store/migrate.ts";

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    runs: { type: "string", default: "100000" },
    rounds: { type: "string", default: "7" },
  },
});
if (options.data === undefined) throw new Error("--data names the folder of the data");

const runs = Number(options.runs);
const experiments = 10_000;
const { connection, stop } = await startEmbedded({ dataDir: join(options.data, "postgres"), durable: false });
const { db, owner, close } = openDatabase({
  connection,
  poolSize: 8,
  namedStatements: true,
  statementTimeout: 900_000,
  projects: "all",
});

async function fill(): Promise<void> {
  await migrateToLatest(owner);
  const { rows } = await sql`select from runs limit 1`.execute(owner);
  if (rows.length > 0) return;
  console.error(`making ${runs} runs and ${experiments} experiments ...`);
  await sql`
    insert into experiments (project_id, experiment_id, name, artifact_location, creation_time, last_update_time)
    select 1, i, 'experiment ' || i, 'mlflow-artifacts:/' || i, 1700000000000 + i, 1700000000000 + i
    from generate_series(1, ${experiments}::int) i`.execute(owner);
  await sql`update counters set value = ${experiments} where project_id = 1 and name = 'experiment'`.execute(
    owner,
  );
  const part = 100_000;
  for (let from = 1; from <= runs; from += part) {
    const range = sql`generate_series(${from}::int, ${Math.min(from + part - 1, runs)}::int) i`;
    await sql`
      insert into runs (project_id, run_key, run_id, experiment_id, user_id, status, start_time, end_time, artifact_uri)
      select 1, i, md5(i::text)::uuid, 1, 'user-' || i % 20, case i % 10 when 0 then 'FAILED' else 'FINISHED' end,
        1700000000000 + i * 1000::bigint, 1700000060000 + i * 1000::bigint, 'mlflow-artifacts:/1/' || md5(i::text) || '/artifacts'
      from ${range}`.execute(owner);
    for (const [key, value] of [
      ["loss", sql`random()`],
      ["accuracy", sql`round(random()::numeric, 2)::float8`],
    ] as const)
      await sql`
        insert into latest_metrics (project_id, run_key, key, experiment_id, step, "timestamp", value, settled_value)
        select 1, i, ${key}, 1, 10, 1700000000000, value, value
        from (select i, ${value} as value from ${range}) as logged`.execute(owner);
    for (const [table, key, value] of [
      ["params", "lr", sql`(i % 100)::text`],
      ["params", "model", sql`'m' || i % 1000`],
      ["tags", "mlflow.runName", sql`'run-' || i`],
    ] as const)
      await sql`
        insert into ${sql.table(table)} (project_id, run_key, key, experiment_id, value)
        select 1, i, ${key}, 1, ${value} from ${range}`.execute(owner);
  }
  await sql`update counters set value = ${runs} where project_id = 1 and name = 'run'`.execute(owner);
  await sql`vacuum analyze`.execute(owner);
}

async function measure(base: string): Promise<void> {
  const ask = async (path: string, body?: unknown) => {
    const response = await fetch(`${base}/api/1.0/loggia/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${text}`);
    return text;
  };
  const columns = { metric_keys: ["loss", "accuracy"], param_keys: ["lr", "model"] };
  const search = (query: object) => () =>
    ask("candidates/search", { experiment_ids: ["1"], ...columns, max_results: 100, ...query });
  const far = Math.floor(runs / 2);
  const asked: [what: string, ask: () => Promise<string>][] = [
    ["first page of the table", search({ count_limit: 10_000 })],
    ["row 50,000", search({ offset: 50_000 })],
    ["the middle", search({ offset: far })],
    ["the last page", search({ offset: runs - 100 })],
    ["by a metric", search({ order_by: ["metrics.loss"] })],
    ["by a metric, row 50,000", search({ order_by: ["metrics.loss DESC"], offset: 50_000 })],
    ["by a metric, the middle", search({ order_by: ["metrics.loss"], offset: far })],
    ["by a metric of 100 values, the middle", search({ order_by: ["metrics.accuracy"], offset: far })],
    ["by a param", search({ order_by: ["params.lr"] })],
    ["by a param, the middle", search({ order_by: ["params.lr"], offset: far })],
    ["by name, the middle", search({ order_by: ["attributes.run_name"], offset: far })],
    ["by status", search({ order_by: ["attributes.status"] })],
    ["filter of one in 1,000, counted", search({ filter: "params.model = 'm7'", count_limit: 10_000 })],
    ["filter of a half, counted", search({ filter: "metrics.loss < 0.5", count_limit: 10_000 })],
    ["filter of a half, row 50,000 of it", search({ filter: "metrics.loss < 0.5", offset: 49_000 })],
    ["name that few have, counted", search({ name: "run-99999", count_limit: 10_000 })],
    ["first level of the tree, counted", search({ top_level: true, count_limit: 10_000 })],
    ["columns there are", () => ask("candidates/list-columns", { experiment_ids: ["1"] })],
    [
      "values of a param",
      () =>
        ask("candidates/list-values", { experiment_ids: ["1"], kind: "param", key: "model", prefix: "m1" }),
    ],
    ["one candidate", () => ask(`candidates/get?iid=${far}`)],
    ["experiments, by activity", () => ask("experiments/list?max_results=100")],
    [
      "experiments, by candidates",
      () => ask("experiments/list?max_results=100&order_by=candidate_count%20desc"),
    ],
    ["experiments, search", () => ask("experiments/list?max_results=100&search=99")],
  ];
  let first = 0;
  for (const [what, call] of asked) {
    const times: number[] = [];
    await call();
    for (let round = 0; round < Number(options.rounds); round++) {
      const start = performance.now();
      await call();
      times.push(performance.now() - start);
    }
    const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
    first ||= median;
    console.log(`| ${what} | ${median.toFixed(1)} ms | ${(median / first).toFixed(1)} |`);
  }
}

/** Runs made one after the other, with the counting of runs and without it. */
async function counting(tx: Database): Promise<void> {
  const make = async () => {
    const start = performance.now();
    for (let i = 0; i < 300; i++)
      await sql`
        insert into runs (project_id, run_key, run_id, experiment_id, user_id, status, start_time, artifact_uri)
        values (1, nextval('bench'), gen_random_uuid(), 2, '', 'RUNNING', 1, '')`.execute(tx);
    return (performance.now() - start) / 300;
  };
  await sql`create sequence if not exists bench start 500000000`.execute(tx);
  const times = { with: [] as number[], without: [] as number[] };
  for (let round = 0; round < 5; round++) {
    times.with.push(await make());
    await sql`alter table runs disable trigger count_new_runs`.execute(tx);
    times.without.push(await make());
    await sql`alter table runs enable trigger count_new_runs`.execute(tx);
  }
  await sql`delete from runs where run_key >= 500000000`.execute(tx);
  const median = (all: number[]) => all.sort((a, b) => a - b)[2] ?? 0;
  console.log(
    `| a run inserted alone, counted and not | ${median(times.with).toFixed(3)} and ${median(times.without).toFixed(3)} ms | ${(median(times.with) / median(times.without)).toFixed(2)} |`,
  );
}

try {
  await fill();
  const server = await createServer({ db, artifacts: localArtifacts(join(options.data, "artifacts")) });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as AddressInfo;
  console.log(`| ${runs.toLocaleString("en")} runs | median | of the first page |\n| --- | --- | --- |`);
  await measure(`http://127.0.0.1:${port}`);
  await counting(owner);
  await server.close();
} finally {
  await close();
  await stop();
}
