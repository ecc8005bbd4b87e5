import { sql } from "kysely";
import { textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";

export interface BulkHistory {
  project: bigint;
  /** 32 lower-case hex digits each; runs that do not exist have no points. */
  runIds: readonly string[];
  key: string;
}

/**
 * The histories of one metric of many runs as the text of MLflow's MetricWithRunId objects, joined by commas; by run id,
 * step, timestamp and value.
 * @param limit points at most, in all.
 */
export function readHistories(db: Database, of: BulkHistory, limit: number): Promise<string> {
  return asText(
    db,
    of,
    limit,
    sql`
      select step, "timestamp", value
      from metrics
      where metrics.project_id = run.project_id and metrics.run_key = run.run_key and key = ${of.key}
      order by step, "timestamp", value
      limit ${limit}`,
  );
}

/**
 * As readHistories, with `perRun` points of each run at most, evenly spread over its points: the first and the last are
 * among them; of one point only, it is the last.
 * @param steps both inclusive.
 */
export function sampleHistories(
  db: Database,
  of: BulkHistory,
  perRun: number,
  steps: { first: bigint; last: bigint } | undefined,
): Promise<string> {
  const within = steps === undefined ? sql`true` : sql`step between ${steps.first} and ${steps.last}`;
  // The place of a point, stretched to perRun - 1 intervals, reaches a new one: the points that do so are perRun - 1.
  const reached = (place: ReturnType<typeof sql>) => sql`${place} * ${perRun - 1}::bigint / (total - 1)`;
  const spread =
    perRun === 1
      ? sql`place = total - 1`
      : sql`(total <= ${perRun} or place = 0 or ${reached(sql`place`)} > ${reached(sql`(place - 1)`)})`;
  return asText(
    db,
    of,
    perRun * of.runIds.length,
    sql`
      select step, "timestamp", value
      from (
        select step, "timestamp", value,
          row_number() over (order by step, "timestamp", value) - 1 as place, count(*) over () as total
        from metrics
        where metrics.project_id = run.project_id and metrics.run_key = run.run_key and key = ${of.key} and ${within}
      ) as points
      where ${spread}`,
  );
}

/** @param points of the run `run`. */
async function asText(
  db: Database,
  { project, runIds, key }: BulkHistory,
  limit: number,
  points: ReturnType<typeof sql>,
): Promise<string> {
  const { rows } = await sql<{ text: string | null }>`
    select string_agg(
      '{"key":' || ${JSON.stringify(key)}::text || ',"value":'
        || case when value in ('NaN', 'Infinity', '-Infinity') then '"' || value || '"' else value::text end
        || ',"timestamp":' || "timestamp" || ',"step":' || step
        || ',"run_id":"' || replace(run_id::text, '-', '') || '"}',
      ',' order by run_id, step, "timestamp", value
    ) as text
    from (
      select run_id, step, "timestamp", value
      from (
        select project_id, run_key, run_id
        from runs
        where project_id = ${project} and run_id = any(${textArray(runIds)}::uuid[])
      ) as run
      cross join lateral (${points}
      ) as point
      order by run_id, step, "timestamp", value
      limit ${limit}
    ) as found`.execute(db);
  return rows[0]?.text ?? "";
}
