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
    // NaN is greater than Infinity to Postgres.
    .select(sql<boolean>`max(abs(value)) < 'Infinity'`.as("finite"))
    // What is the same for all points stands in the separator: a sixth less than to say it of each.
    .select(
      sql<string>`concat(
        ${head}::text,
        string_agg(concat(value, ',"timestamp":', "timestamp", ',"step":', step), ${`},${head}`}::text),
        '}'
      )`.as("text"),
    )
    .executeTakeFirst();
  if (found === undefined || found.count === 0) return { text: "", count: 0, last: undefined };
  const { count } = found;
  const text = found.finite ? found.text : quoted(found.text);
  return { text, count, last: lastPoint(text, head) };
}

/** With quotes about what is no number. Within a string, the quotes before it would be escaped. */
const quoted = (text: string) => text.replaceAll(/"value":(NaN|-?Infinity)/g, '"value":"$1"');

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
