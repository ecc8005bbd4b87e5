import { CompiledQuery, sql } from "kysely";
import { beforeAll, expect, test } from "vitest";
import { batchStatement } from "../../src/store/log-batch.ts";
import { createStatement } from "../../src/store/new-runs.ts";
import { runsJsonStatement } from "../../src/store/run-data.ts";
import { findRunsStatement } from "../../src/store/runs.ts";
import { testDatabase, testProject } from "../support/database.ts";

const { db, owner } = await testDatabase();
const runId = "0".repeat(32);
const item = { key: "k", value: "v" };
const batch = {
  project: 1n,
  runId,
  metrics: [{ key: "m", value: 1, timestamp: 1n, step: 1n }],
  params: [item],
  tags: [item],
};

beforeAll(async () => {
  const project = await testProject(db);
  // Enough of each for a scan to cost more than an index.
  await sql`insert into projects (path) select 'p' || i from generate_series(1, 2000) i`.execute(db);
  await sql`
    insert into counters (project_id, name, value)
    select project_id, 'run', 0 from projects on conflict do nothing`.execute(db);
  await sql`
    insert into experiments (project_id, experiment_id, name, artifact_location, creation_time, last_update_time)
    select ${project}, i, 'e' || i, '', 0, 0 from generate_series(1, 2000) i`.execute(db);
  await sql`
    insert into runs (project_id, run_key, run_id, experiment_id, user_id, status, start_time, artifact_uri)
    select ${project}, i, gen_random_uuid(), 0, '', 'RUNNING', i, '' from generate_series(1, 5000) i`.execute(
    db,
  );
  for (const table of ["params", "tags"])
    await sql`
      insert into ${sql.table(table)} (project_id, run_key, key, experiment_id, value)
      select ${project}, i, 'k' || j, 0, 'v' from generate_series(1, 2000) i, generate_series(1, 5) j`.execute(
      db,
    );
  for (const [table, column] of [["metrics"], ["latest_metrics", "experiment_id"]])
    await sql`
      insert into ${sql.table(table ?? "")} (project_id, run_key, key, step, "timestamp", value${sql.raw(column ? ", experiment_id" : "")})
      select ${project}, i, 'm' || j, 0, 0, 0${sql.raw(column ? ", 0" : "")} from generate_series(1, 2000) i, generate_series(1, 5) j`.execute(
      db,
    );
  await sql`analyze`.execute(owner);
});

/** The plan that Postgres keeps for the statement, which knows nothing of its parameters. */
async function genericPlan(text: string): Promise<string> {
  const { rows } = await db.executeQuery<{ "QUERY PLAN": string }>(
    CompiledQuery.raw(`explain (generic_plan, costs off) ${text}`),
  );
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}

test.each([
  ["log-batch", batchStatement([batch]).compile(db)],
  [
    "log-batch of many points",
    batchStatement([{ ...batch, metrics: Array(8).fill(batch.metrics[0]), params: [], tags: [] }]).compile(
      db,
    ),
  ],
  ["log-metric", batchStatement([{ ...batch, params: [], tags: [] }]).compile(db)],
  ["create-run", createStatement([{ ...batch, experiment: 0n, userId: "", startTime: 0n }]).compile(db)],
  ["get-run", findRunsStatement([{ project: 1n, runId }]).compile(db)],
  ["a page of runs", runsJsonStatement(1n, [1n]).compile(db)],
])("%s reads no table from end to end", async (_name, query) => {
  const plan = await genericPlan(query.sql);
  expect(plan).not.toMatch(/Seq Scan/);
});
