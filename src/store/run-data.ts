import { type RawBuilder, sql } from "kysely";
import { numberArray, textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";

/** A logged value of a metric: `timestamp` in milliseconds since the epoch; `value` may be NaN or ±Infinity. */
export interface MetricPoint {
  key: string;
  value: number;
  timestamp: bigint;
  step: bigint;
}

export interface KeyValue {
  key: string;
  value: string;
}

/**
 * A run with what it has logged: the latest point of each metric, its params and its tags, each by key. Postgres makes the
 * text, which nearly every caller wants: int8 are numbers, NaN and infinities strings, empty lists left out.
 */
export interface RunText {
  run_key: bigint;
  has_inputs: boolean;
  /** MLflow's JSON of its RunInfo. */
  info: string;
  /** MLflow's JSON of its RunData. */
  data: string;
}

/** The tag in which MLflow keeps a run's name: the only place where it is stored. */
export const runNameTag = "mlflow.runName";

// `concat` costs two thirds of `||`, which makes a text of every number first. Keys are names, and nothing in a name has to
// be escaped (services/names.ts).
/** A point of `table` as JSON. NaN is greater than Infinity to Postgres. */
const metricItem = (key: RawBuilder<unknown>) => sql`concat(
          '{"key":', ${key}, case when abs(value) < 'Infinity' then ',"value":' else ',"value":"' end, value,
          case when abs(value) < 'Infinity' then ',"timestamp":' else '","timestamp":' end, "timestamp", ',"step":', step, '}'
        )`;
const metricItems = sql`string_agg(${metricItem(sql`'"' || key || '"'`)}, ',' order by key)`;
/** The items of a list of params or tags, joined by commas. */
export const textItems = sql`string_agg(concat('{"key":"', key, '","value":', to_json(value), '}'), ',' order by key)`;

const info = sql`concat(
      '{"run_uuid":"', run.id, '","experiment_id":"', run.experiment_id, '"', ',"run_name":' || to_json(tag.name),
      ',"user_id":', to_json(run.user_id), ',"status":"', run.status, '","start_time":', run.start_time,
      case when run.end_time <> 0 then ',"end_time":' || run.end_time end,
      case when run.artifact_uri <> '' then ',"artifact_uri":' || to_json(run.artifact_uri) end,
      ',"lifecycle_stage":"', run.lifecycle_stage, '","run_id":"', run.id, '"}'
    )`;
const data = sql`concat(
      '{',
      concat_ws(
        ',', '"metrics":[' || metric.items || ']', '"params":[' || param.items || ']', '"tags":[' || tag.items || ']'
      ),
      '}'
    )`;

/** Which keys of what runs have logged; all of a kind that is left out. */
export type WantedKeys = { readonly [kind in "metrics" | "params" | "tags"]?: readonly string[] };

const among = (keys: readonly string[]) => sql`key = any(${textArray(keys)}::text[])`;
const andAmong = (keys: readonly string[] | undefined) =>
  keys === undefined ? sql`` : sql` and ${among(keys)}`;

/** The RunText of each row `run` of `runs`, a table or several, with its place `n`; of their data, what is of `only`. */
export const runTexts = (runs: RawBuilder<unknown>, only: WantedKeys = {}) => sql<RunText & { n: bigint }>`
  select n, run.run_key, run.has_inputs, ${info} as info, ${data} as data
  from ${runs}
  cross join lateral (
    select ${metricItems} as items
    from latest_metrics
    where project_id = run.project_id and run_key = run.run_key${andAmong(only.metrics)}
  ) as metric
  cross join lateral (
    select ${textItems} as items
    from params
    where project_id = run.project_id and run_key = run.run_key${andAmong(only.params)}
  ) as param
  cross join lateral (
    select ${only.tags === undefined ? textItems : sql`${textItems} filter (where ${among(only.tags)})`} as items,
      max(value) filter (where key = ${sql.lit(runNameTag)}) as name
    from tags
    where project_id = run.project_id and run_key = run.run_key${andAmong(only.tags && [...only.tags, runNameTag])}
  ) as tag`;

/** What a row of `runs` becomes for runTexts. */
export const runColumns = sql`*, replace(run_id::text, '-', '') as id`;

const runsOf = (project: bigint, runKeys: readonly bigint[]) => sql`
  unnest(${numberArray(runKeys)}::bigint[]) with ordinality as wanted (run_key, n)
  cross join lateral (
    select ${runColumns} from runs where project_id = ${project} and run_key = wanted.run_key limit 1
  ) as run`;

/** The runs of these keys that are there, in the order of the keys; of their data, what is of `only`. */
export async function readRunTexts(
  db: Database,
  project: bigint,
  runKeys: readonly bigint[],
  only: WantedKeys = {},
): Promise<RunText[]> {
  const { rows } = await sql<RunText>`${runTexts(runsOf(project, runKeys), only)}
  order by n`.execute(db);
  return rows;
}

/** Runs whose text one statement makes. */
const runsAtOnce = 1_000;
/** Characters of the text of all. Twice as many are no text to JavaScript any more, and end the process that receives them. */
const longestText = 2 ** 28;

/**
 * As readRunTexts: MLflow's JSON of the Run of each, without inputs and outputs, joined by commas.
 * @returns undefined when it would be too long to be held.
 */
export async function readRunsJson(
  db: Database,
  project: bigint,
  runKeys: readonly bigint[],
  { atOnce, longest } = { atOnce: runsAtOnce, longest: longestText },
): Promise<string | undefined> {
  const parts: string[] = [];
  let length = 0;
  for (let from = 0; from < runKeys.length; from += atOnce) {
    const { rows } = await runsJsonStatement(project, runKeys.slice(from, from + atOnce)).execute(db);
    const json = rows[0]?.json ?? "";
    if (json !== "") parts.push(json);
    length += json.length;
    if (length > longest) return undefined;
  }
  return parts.join();
}

export const runsJsonStatement = (project: bigint, runKeys: readonly bigint[]) => sql<{
  json: string | null;
}>`
  select string_agg(concat('{"info":', info, ',"data":', data, '}'), ',' order by n) as json
  from (${runTexts(runsOf(project, runKeys))}
  ) as page`;
