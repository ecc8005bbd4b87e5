import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { MetricPoint } from "./run-data.ts";

/** A place in a history; what follows is greater by (step, timestamp, value), NaN being the greatest value. */
export interface HistoryPosition {
  step: bigint;
  timestamp: bigint;
  value: number;
}

/** Which part of a history to read. */
export interface HistorySlice {
  /** Points behind this one; undefined: from the start. */
  after: HistoryPosition | undefined;
  /** Points at most. */
  limit: number;
}

export interface HistoryRange extends HistorySlice {
  project: bigint;
  /** 32 lower-case hex digits; a run that does not exist has no points. */
  runId: string;
  key: string;
}

/** A slice of history, by step, timestamp and value. */
export interface HistoryPart {
  /** Points in it. */
  count: number;
  /** Where it ends; undefined when it is empty. */
  last: HistoryPosition | undefined;
}

/** Reads a slice of the history of one metric of one run. */
export async function readHistory(
  db: Database,
  range: HistoryRange,
): Promise<HistoryPart & { points: MetricPoint[] }> {
  const rows = await page(db, range).execute();
  const points = rows.map((row) => ({ key: range.key, ...row }));
  return { points, count: points.length, last: points.at(-1) };
}

/**
 * As readHistory, with the points as the text of MLflow's Metric objects, joined by commas. Postgres makes it: a third of
 * the work for this process (spikes.md §4). int8 are JSON numbers; NaN and infinities are strings.
 */
export async function readHistoryText(
  db: Database,
  range: HistoryRange,
): Promise<HistoryPart & { text: string }> {
  const head = `{"key":${JSON.stringify(range.key)},"value":`;
  const found = await db
    .selectFrom(page(db, range).as("page"))
    .select(sql<number>`count(*)::int`.as("count"))
    .select(
      // NaN is greater than Infinity to Postgres.
      sql<string | null>`string_agg(
        ${head}::text
          || case when abs(value) < 'Infinity' then value::text else '"' || value || '"' end
          || ',"timestamp":' || "timestamp" || ',"step":' || step || '}',
        ',')`.as("text"),
    )
    .executeTakeFirst();
  const { text, count } = found ?? { text: null, count: 0 };
  return text === null ? { text: "", count, last: undefined } : { text, count, last: lastPoint(text, head) };
}

/** The last of the points in `text`, each of which begins with `head`. */
function lastPoint(text: string, head: string): HistoryPosition {
  // Within a string, the quotes of `head` would be escaped.
  const point = text.slice(text.lastIndexOf(head));
  const { step, timestamp, value } = JSON.parse(point, (key, value: unknown, context?: { source: string }) =>
    context !== undefined && (key === "timestamp" || key === "step") ? BigInt(context.source) : value,
  );
  return { step, timestamp, value: Number(value) };
}

function page(db: Database, { project, runId, key, after, limit }: HistoryRange) {
  const query = db
    .selectFrom("metrics")
    .select(["step", "timestamp", "value"])
    .where("project_id", "=", project)
    .where("run_key", "=", (eb) =>
      eb.selectFrom("runs").select("run_key").where("project_id", "=", project).where("run_id", "=", runId),
    )
    .where("key", "=", key)
    .orderBy("step")
    .orderBy("timestamp")
    .orderBy("value")
    .limit(limit);
  return after === undefined
    ? query
    : query.where(
        sql<boolean>`(step, "timestamp", value) > (${after.step}, ${after.timestamp}, ${after.value}::float8)`,
      );
}
