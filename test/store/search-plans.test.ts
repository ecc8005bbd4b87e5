import { sql } from "kysely";
import { beforeAll, describe, expect, test } from "vitest";
import type { RunCondition, RunOrder } from "../../src/search/ast.ts";
import { type RunSearch, searchRuns } from "../../src/store/search-runs.ts";
import { testDatabase, testProject } from "../support/database.ts";
import { explaining, type PlanNode, reached } from "./explained.ts";

// 100,000 runs in one experiment, in an order of start that has nothing to do with the order in which they were made;
// `m1` equals `m0`, only one run in 500 has `rare`, and one in 1,000 is being logged.
// 50 have failed, half of the others were killed; a tenth never ended; a third are one user's, the others another's.
const runs = 100_000;

const { db, owner, name } = await testDatabase({ statementTimeout: 120_000 });
let project = 0n;

beforeAll(async () => {
  project = await testProject(db);
  await sql`
    insert into runs (project_id, run_key, run_id, experiment_id, user_id, status, start_time, end_time, artifact_uri)
    select ${project}::bigint, k, lpad(to_hex(k), 32, '0')::uuid, 0, case when k % 3 = 0 then 'ann' else 'bob' end,
      case when k % 2000 = 0 then 'FAILED' when k % 2 = 0 then 'KILLED' else 'FINISHED' end, start,
      case when k % 10 <> 0 then start + abs(hashint8(k * 3)::bigint) % 100000 end, ''
    from generate_series(1, ${runs}::bigint) k, lateral (select abs(hashint8(k)::bigint) as start) as made`.execute(
    db,
  );
  await sql`
    insert into latest_metrics (project_id, run_key, key, experiment_id, step, "timestamp", value, settled_value)
    select project_id, run_key, key, 0, 0, 0, value, case when run_key % 1000 <> 500 then value end
    from runs, unnest(array['m0', 'm1', 'rare']) key,
      lateral (select abs(hashint8(run_key * 7)::float8) / 2147483648 as value) as made
    where key <> 'rare' or run_key % 500 = 0`.execute(db);
  await sql`
    insert into params (project_id, run_key, key, experiment_id, value)
    select project_id, run_key, key, 0, abs(hashint8(run_key * 11)) % case key when 'p0' then 4 else 5000 end
    from runs, unnest(array['p0', 'p1']) key`.execute(db);
  await sql`
    insert into tags (project_id, run_key, key, experiment_id, value)
    select project_id, run_key, 'mlflow.runName', 0, 'run-' || run_key from runs`.execute(db);
  await sql`vacuum analyze runs, latest_metrics, params, tags`.execute(owner);
}, 120_000);

const { db: listening, statements, planOf } = explaining(name);

/** Searches, and says how Postgres went about it: the plans of all statements but the first look at how common things are. */
async function explained(search: Partial<RunSearch>) {
  statements.length = 0;
  const page = await searchRuns(listening, {
    project,
    experiments: [0n],
    stage: "active",
    conditions: [],
    orders: [],
    limit: 100,
    ...search,
  });
  const plan: PlanNode[] = [];
  for (const query of statements.filter(({ sql }) => sql.includes("k_run_id")))
    plan.push(...(await planOf(query)));
  return {
    page,
    ...reached(plan),
    sql: statements.map((query) => query.sql.trim()).join(";\n\n"),
  };
}

const metric = (key: string, op: ">" | "<", value: number): RunCondition => ({
  kind: "metric",
  key,
  op,
  value,
});
const param = (key: string, op: "=" | "LIKE", value: string): RunCondition => ({
  kind: "param",
  key,
  op,
  value,
});
const by = (kind: "metric" | "param", key: string, ascending: boolean): RunOrder[] => [
  { kind, key, ascending },
];

interface Case {
  search: Partial<RunSearch>;
  indexes: string[];
  /** What the costs do not decide, but what ANALYZE has drawn: of two indexes that tell the same, or what is asked first. */
  perhaps?: string[];
  looked: number;
}

const cases: Record<string, Case> = {
  newest: { search: {}, indexes: ["runs_by_start_time"], looked: 150 },
  "rare-metric": {
    search: { conditions: [metric("m0", ">", 0.9995)] },
    indexes: ["latest_metrics_by_value", "runs_pkey"],
    looked: 300,
  },
  "common-metric": {
    search: { conditions: [metric("m0", ">", 0.5)] },
    indexes: ["latest_metrics_pkey", "runs_by_start_time"],
    looked: 800,
  },
  "rare-param-among-common": {
    search: { conditions: [metric("m0", ">", 0.5), param("p0", "=", "1"), param("p1", "=", "1")] },
    indexes: ["latest_metrics_pkey", "params_by_value", "runs_pkey"],
    perhaps: ["params_pkey"],
    looked: 300,
  },
  "excluding-each-other": {
    search: { conditions: [metric("m0", ">", 0.6), metric("m1", "<", 0.4)] },
    indexes: ["latest_metrics_by_value", "latest_metrics_pkey", "runs_by_start_time", "runs_pkey"],
    looked: 120_000,
  },
  "order-by-status": {
    search: { orders: [{ kind: "attribute", key: "status", ascending: true }] },
    indexes: ["runs_by_status"],
    looked: 110,
  },
  "order-by-user": {
    search: { orders: [{ kind: "attribute", key: "user_id", ascending: false }] },
    indexes: ["runs_by_user"],
    looked: 110,
  },
  "order-by-end": {
    search: { orders: [{ kind: "attribute", key: "end_time", ascending: false }] },
    indexes: ["runs_by_end_time"],
    looked: 120,
  },
  "order-by-duration": {
    search: { orders: [{ kind: "attribute", key: "duration", ascending: false }] },
    indexes: ["runs_by_duration"],
    looked: 120,
  },
  "order-by-metric": {
    search: { orders: by("metric", "m0", false) },
    indexes: ["latest_metrics_by_value", "runs_pkey"],
    looked: 450,
  },
  "order-by-metric-some-have": {
    search: { orders: by("metric", "rare", true), limit: 300 },
    indexes: ["latest_metrics_by_value", "latest_metrics_pkey", "runs_by_start_time", "runs_pkey"],
    looked: 800,
  },
  "order-by-metric-filter-by-it": {
    search: { orders: by("metric", "m0", true), conditions: [metric("m0", ">", 0.9)] },
    indexes: ["latest_metrics_by_value", "runs_pkey"],
    looked: 450,
  },
  "order-by-metric-filter-by-another": {
    search: { orders: by("metric", "m0", false), conditions: [param("p0", "=", "1")] },
    indexes: ["latest_metrics_by_value", "runs_pkey"],
    perhaps: ["params_by_value", "params_pkey"],
    // 10,000 of them to see how far the walk may go among the metrics that are being logged.
    looked: 12_500,
  },
  "order-by-metric-filter-by-a-set": {
    search: {
      orders: by("metric", "m0", false),
      conditions: [metric("m1", ">", 0.92), param("p0", "=", "1")],
    },
    indexes: ["latest_metrics_by_value", "runs_pkey"],
    perhaps: ["latest_metrics_pkey", "params_by_value", "params_pkey"],
    // 3,500 of them to see how far the walk may go among the metrics that are being logged.
    looked: 13_000,
  },
  "like-containing": {
    search: {
      conditions: [{ kind: "attribute", type: "text", key: "run_name", op: "LIKE", value: "%7%" }],
    },
    indexes: ["runs_by_start_time", "tags_pkey"],
    looked: 2_100,
  },
  "like-containing-rare": {
    search: {
      conditions: [{ kind: "attribute", type: "text", key: "run_name", op: "LIKE", value: "%7777%" }],
    },
    indexes: ["runs_by_start_time", "runs_pkey", "tags_by_value", "tags_pkey"],
    looked: 103_000,
  },
  "order-by-param": {
    search: { orders: by("param", "p1", false) },
    indexes: ["params_by_value", "runs_pkey"],
    looked: 400,
  },
  "like-prefix": {
    search: {
      conditions: [{ kind: "attribute", type: "text", key: "run_name", op: "LIKE", value: "run-9999%" }],
    },
    indexes: ["runs_pkey", "tags_by_value"],
    looked: 40,
  },
  "several-experiments": {
    search: { experiments: [0n, 1n, 2n, 3n], orders: by("metric", "m0", true) },
    indexes: ["latest_metrics_by_value", "runs_pkey"],
    looked: 450,
  },
};

/** Without those of the few values that are not in the index of all others, and those that may be asked or not. */
const ordinary = (indexes: readonly string[], perhaps: readonly string[] = []) =>
  indexes.filter((index) => !/_(?:long|unsettled)$/.test(index) && !perhaps.includes(index));

describe(`among ${runs} runs of an experiment`, () => {
  test.each(Object.entries(cases))(
    "%s: the indexes lead to the page",
    async (name, { search, indexes, perhaps, looked }) => {
      const first = await explained(search);
      expect(first.tablesReadWhole).toEqual([]);
      expect(ordinary(first.indexes, perhaps)).toEqual(ordinary(indexes, perhaps));
      expect(first.looked).toBeLessThanOrEqual(looked);
      await expect(`${first.sql}\n`).toMatchFileSnapshot(`./sql/search-${name}.sql`);
    },
  );

  test.each([
    "newest",
    "common-metric",
    "order-by-status",
    "order-by-user",
    "order-by-end",
    "order-by-duration",
    "order-by-metric",
    "order-by-metric-filter-by-another",
    "order-by-param",
  ])("%s: a page far down costs no more than the first", async (name) => {
    const { search, indexes, perhaps, looked }: Case = cases[name] ?? { search: {}, indexes: [], looked: 0 };
    const { page: before } = await explained({ ...search, limit: 20_000 });
    expect(before.next).toBeDefined();
    const deep = await explained({ ...search, ...(before.next === undefined ? {} : { after: before.next }) });
    expect(deep.page.rows).toHaveLength(100);
    expect(deep.tablesReadWhole).toEqual([]);
    expect(ordinary(deep.indexes, perhaps)).toEqual(ordinary(indexes, perhaps));
    expect(deep.looked).toBeLessThanOrEqual(looked);
  });
});
