/**
 * The same data for each system, written in SQL into its own schema: experiment 1 for what the workloads write and the
 * runs whose histories are read, experiment 2 with the runs to be searched (10 metrics, 10 params, 5 tags each), and
 * further experiments to be listed. Runs start one second after the other; values are hashes of the run's number, thus
 * the same everywhere and unrelated to the order of the runs.
 */
import { moreSources, type PagesSeed } from "./seed-pages.ts";
import type { SystemName } from "./systems.ts";

export interface Seed {
  /** Runs in the experiment that is searched. */
  runs: number;
  /** Points of each metric of each of them. */
  points: number;
  /** Experiments in all, "Default" apart. */
  experiments: number;
  /** Lengths of the histories to read; a run has the id `historyRun(length)` and the key `loss`. */
  histories: number[];
  /** What pages show besides. */
  pages?: PagesSeed;
}

export const writesExperiment = "1";
export const searchedExperiment = "2";
export const historyKey = "loss";

/** The id of the run whose history has this many points. */
export const historyRun = (points: number): string =>
  `018bcfe568007000${points.toString(10).padStart(16, "8")}`;

/** When the first run started, in milliseconds. */
const firstStart = 1_700_000_000_000;

/** Source tables for every schema: run n, as the 1.28 client would have logged it. */
function sources({ runs, points, experiments, histories }: Seed): string[] {
  const share = (k: string) => `((hashint8extended(n, (${k})::bigint) & 4294967295)::float8 / 4294967296)`;
  const id = "lpad(to_hex(start_time), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15)";
  const historyRows = histories.map((points, i) => `(${-1 - i}, '${historyRun(points)}', ${points})`);
  return [
    `create temp table seed_experiments as
      select e, case e when 1 then 'writes' when 2 then 'searched' else 'listed-' || e end as name
      from generate_series(1, ${experiments}) e`,
    `create temp table seed_histories (n bigint, run_id text, points bigint)`,
    ...(historyRows.length > 0 ? [`insert into seed_histories values ${historyRows.join(", ")}`] : []),
    `create temp table seed_runs as
      select n, n as run_key, 2 as experiment_id, start_time, ${id} as run_id
      from generate_series(1::bigint, ${runs}) n, lateral (select ${firstStart} + n * 1000 as start_time, md5('run ' || n) as hash) of_run
      union all
      -- The histories' runs come last, so that their keys can be told from their numbers.
      select n, ${runs} - n, 1, ${firstStart}, run_id from seed_histories`,
    `create temp view seed_latest as
      select n, run_key, run_id, experiment_id, 'm' || k as key, ${share("k")} as value, start_time + ${points - 1} as "timestamp", ${points - 1}::bigint as step
      from seed_runs, generate_series(0, 9) k where n > 0
      union all
      select h.n, ${runs} - h.n, run_id, 1, '${historyKey}', (hashint8extended(points, 0) & 4294967295)::float8 / 4294967296, ${firstStart} + points, points
      from seed_histories h`,
    `create temp view seed_points as
      select n, run_key, run_id, experiment_id, 'm' || k as key, ${share(`k + (${points - 1} - step) * 1000`)} as value, start_time + step as "timestamp", step
      from seed_runs, generate_series(0, 9) k, generate_series(0::bigint, ${points - 1}) step where n > 0
      union all
      select h.n, ${runs} - h.n, run_id, 1, '${historyKey}', (hashint8extended(step, 0) & 4294967295)::float8 / 4294967296, ${firstStart} + step, step
      from seed_histories h, generate_series(1, points) step`,
    `create temp view seed_params as
      select n, run_key, run_id, experiment_id, 'p' || k as key,
        case k when 0 then 'value ' || n else floor(${share("k + 100")} * case k when 2 then 10 else 100 end)::text end as value
      from seed_runs, generate_series(0, 9) k where n > 0`,
    `create temp view seed_tags as
      select n, run_key, run_id, experiment_id, 't' || k as key,
        case k when 1 then case when ${share("201")} < 0.5 then 'x' else 'y' end else 'tag ' || floor(${share("k + 200")} * 100) end as value
      from seed_runs, generate_series(0, 4) k where n > 0`,
  ];
}

const targets: Record<SystemName, string[]> = {
  mlflow: [
    `insert into experiments (experiment_id, name, artifact_location, lifecycle_stage)
      select e, name, 'mlflow-artifacts:/' || e, 'active' from seed_experiments`,
    `insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
      select run_id, '', 'UNKNOWN', '', '', 'bench', 'FINISHED', start_time, start_time + 900, '', 'active',
        'mlflow-artifacts:/' || experiment_id || '/' || run_id || '/artifacts', experiment_id from seed_runs`,
    `insert into latest_metrics (run_uuid, key, value, "timestamp", step, is_nan)
      select run_id, key, value, "timestamp", step, false from seed_latest order by key, run_id`,
    `insert into metrics (run_uuid, key, value, "timestamp", step, is_nan)
      select run_id, key, value, "timestamp", step, false from seed_points`,
    `insert into params (run_uuid, key, value) select run_id, key, value from seed_params order by key, run_id`,
    `insert into tags (run_uuid, key, value) select run_id, key, value from seed_tags order by key, run_id`,
  ],
  fasttrackml: [
    `insert into experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time, namespace_id)
      select e, name, 'mlflow-artifacts:/' || e, 'active', ${firstStart}, ${firstStart}, 1 from seed_experiments`,
    `insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id, row_num)
      select run_id, '', 'UNKNOWN', '', '', 'bench', 'FINISHED', start_time, start_time + 900, '', 'active',
        'mlflow-artifacts:/' || experiment_id || '/' || run_id || '/artifacts', experiment_id, row_number() over (order by n) - 1 from seed_runs`,
    `insert into latest_metrics (run_uuid, key, value, "timestamp", step, is_nan, last_iter, context_id)
      select run_id, key, value, "timestamp", step, false, greatest(step, 1), 1 from seed_latest order by key, run_id`,
    `insert into metrics (run_uuid, key, value, "timestamp", step, is_nan, iter, context_id)
      select run_id, key, value, "timestamp", step, false, greatest(step, 1), 1 from seed_points`,
    `insert into params (run_uuid, key, value_str) select run_id, key, value from seed_params order by key, run_id`,
    `insert into tags (run_uuid, key, value) select run_id, key, value from seed_tags order by key, run_id`,
  ],
  loggia: [
    `insert into experiments (project_id, experiment_id, name, artifact_location, creation_time, last_update_time)
      select 1, e, name, 'mlflow-artifacts:/' || e, ${firstStart}, ${firstStart} from seed_experiments`,
    `insert into runs (project_id, run_key, run_id, experiment_id, user_id, status, start_time, end_time, artifact_uri)
      select 1, run_key, run_id::uuid, experiment_id, 'bench', 'FINISHED', start_time, start_time + 900,
        'mlflow-artifacts:/' || experiment_id || '/' || run_id || '/artifacts' from seed_runs`,
    `insert into experiment_activity (project_id, experiment_id, active_runs, deleted_runs, last_activity)
      select 1, experiment_id, count(*), 0, max(start_time + 900) from seed_runs group by experiment_id`,
    `insert into latest_metrics (project_id, run_key, key, experiment_id, step, "timestamp", value, settled_value)
      select 1, run_key, key, experiment_id, step, "timestamp", value, value from seed_latest`,
    `insert into metrics (project_id, run_key, key, step, "timestamp", value)
      select 1, run_key, key, step, "timestamp", value from seed_points`,
    `insert into params (project_id, run_key, key, experiment_id, value)
      select 1, run_key, key, experiment_id, value from seed_params`,
    `insert into tags (project_id, run_key, key, experiment_id, value)
      select 1, run_key, key, experiment_id, value from seed_tags`,
    `update counters set value = (select max(experiment_id) from experiments) where name = 'experiment'`,
    `update counters set value = (select max(run_key) from runs) where name = 'run'`,
  ],
};

/** What is large, in every schema. */
const bulk = "array['runs', 'latest_metrics', 'metrics', 'params', 'tags']::regclass[]";

/**
 * The statements that fill a system's database, whose tables its server has made before. For one connection. Rows come in
 * the order of the runs, without a sort; indexes are made afterwards, of sorted rows: an order of magnitude faster.
 */
export function seed(system: SystemName, data: Seed): string[] {
  return [
    // Leaves foreign keys unchecked: the data is right by construction.
    "set session_replication_role = replica",
    "set synchronous_commit = off",
    "set jit = off",
    "set work_mem = '256MB'",
    "set maintenance_work_mem = '1GB'",
    ...sources(data),
    ...(data.pages === undefined ? [] : moreSources(data.pages, firstStart)),
    "analyze seed_runs",
    // An index that is not ready is left alone by inserts, until REINDEX makes it whole.
    `update pg_index set indisready = false, indisvalid = false where indrelid = any(${bulk})`,
    ...targets[system],
    `do $$ declare one regclass; begin foreach one in array ${bulk} loop execute format('reindex table %s', one); end loop; end $$`,
    "vacuum analyze",
    "checkpoint",
  ];
}
