import { type SqlBool, sql } from "kysely";
import { numberArray, textArray } from "./array-literals.ts";
import type { Database } from "./database.ts";
import { type KeyValue, type MetricPoint, runNameTag } from "./run-data.ts";
import type { RunRow } from "./runs.ts";

/** What a table shows of runs beside their own rows. */

/** The tag in which MLflow keeps the id of a run's parent. */
export const parentTag = "mlflow.parentRunId";

/** Things that belong to a run are counted up to here. */
export const mostCounted = 1_000;

/** Which keys are read; "all" is all that a run has. */
export type Columns =
  | { metrics: readonly string[]; params: readonly string[]; tags: readonly string[] }
  | "all";

/** Where a run is in the table, and where its artifacts are below the project's root, if they are kept here. */
export type CandidateKey = Pick<RunRow, "run_key" | "experiment_id"> & {
  /** Of the children that are counted. */
  stage: RunRow["lifecycle_stage"];
  /** 32 lower-case hex digits. */
  id: string;
  root: string | undefined;
};

export interface CandidateData {
  name: string | undefined;
  parentId: string | undefined;
  children: number;
  hasArtifacts: boolean;
  loggedModels: number;
  modelVersions: number;
  /** Each by key. */
  metrics: MetricPoint[];
  params: KeyValue[];
  tags: KeyValue[];
}

/** What is shown of runs, in their order. Four queries at once, whatever the number of runs. */
export async function loadCandidates(
  db: Database,
  project: bigint,
  runs: readonly CandidateKey[],
  columns: Columns,
): Promise<CandidateData[]> {
  if (runs.length === 0) return [];
  const runKeys = numberArray(runs.map((run) => run.run_key));
  const read = <Row>(table: "latest_metrics" | "params" | "tags", keys: readonly string[] | undefined) => {
    const row = table === "latest_metrics" ? sql`value, step, "timestamp"` : sql`value`;
    const among = keys === undefined ? sql`` : sql`and key = any(${textArray(keys)}::text[])`;
    return sql<Row & { run_key: bigint }>`
      select run_key, key, ${row}
      from ${sql.table(table)}
      where project_id = ${project} and run_key = any(${runKeys}::bigint[]) ${among}
      order by run_key, key`.execute(db);
  };
  const all = columns === "all";
  const none = Promise.resolve({ rows: [] });
  const [facts, metrics, params, tags] = await Promise.all([
    factsOf(project, runs).execute(db),
    !all && columns.metrics.length === 0
      ? none
      : read<MetricPoint>("latest_metrics", all ? undefined : columns.metrics),
    !all && columns.params.length === 0 ? none : read<KeyValue>("params", all ? undefined : columns.params),
    read<KeyValue>("tags", all ? undefined : [...columns.tags, runNameTag, parentTag]),
  ]);
  const factsByRun = new Map(facts.rows.map((row) => [row.run_key, row]));
  const metricsByRun = Map.groupBy<bigint, MetricPoint & { run_key: bigint }>(
    metrics.rows,
    (row) => row.run_key,
  );
  const paramsByRun = Map.groupBy<bigint, KeyValue & { run_key: bigint }>(params.rows, (row) => row.run_key);
  const tagsByRun = Map.groupBy(tags.rows, (row) => row.run_key);
  const wantedTags = all ? undefined : new Set(columns.tags);
  return runs.map(({ run_key }) => {
    const found = factsByRun.get(run_key);
    const ownTags = tagsByRun.get(run_key) ?? [];
    const tagOf = (key: string) => ownTags.find((tag) => tag.key === key)?.value;
    return {
      name: tagOf(runNameTag),
      parentId: tagOf(parentTag),
      children: Number(found?.children ?? 0),
      hasArtifacts: found?.has_artifacts ?? false,
      loggedModels: Number(found?.logged_models ?? 0),
      modelVersions: Number(found?.model_versions ?? 0),
      metrics: metricsByRun.get(run_key) ?? [],
      params: paramsByRun.get(run_key) ?? [],
      tags: wantedTags === undefined ? ownTags : ownTags.filter((tag) => wantedTags.has(tag.key)),
    };
  });
}

interface FactRow {
  run_key: bigint;
  children: bigint;
  has_artifacts: boolean;
  logged_models: bigint;
  model_versions: bigint;
}

/** '0' follows '/', so it bounds what is below a directory. */
const factsOf = (project: bigint, runs: readonly CandidateKey[]) => sql<FactRow>`
  select wanted.run_key,
    (
      select count(*) from (
        select from tags
        cross join lateral (
          select from runs
          where runs.project_id = ${project} and runs.run_key = tags.run_key
            and runs.lifecycle_stage = wanted.stage
          limit 1
        ) as child
        where tags.project_id = ${project} and tags.experiment_id = wanted.experiment_id
          and tags.key = ${parentTag} and tags.value = wanted.id and octet_length(tags.value) <= 1000
        limit ${mostCounted}
      ) as counted
    ) as children,
    wanted.root <> '' and exists (
      select from artifacts
      where project_id = ${project}
        and path >= (wanted.root || '/') collate "C" and path < (wanted.root || '0') collate "C"
    ) as has_artifacts,
    (
      select count(*) from (
        select from logged_models
        where project_id = ${project} and source_run_id = wanted.id and lifecycle_stage = 'active'
        limit ${mostCounted}
      ) as counted
    ) as logged_models,
    (
      select count(*) from (
        select from model_versions where project_id = ${project} and run_id = wanted.id limit ${mostCounted}
      ) as counted
    ) as model_versions
  from unnest(
    ${numberArray(runs.map((run) => run.run_key))}::bigint[],
    ${numberArray(runs.map((run) => run.experiment_id))}::bigint[],
    ${textArray(runs.map((run) => run.stage))}::text[],
    ${textArray(runs.map((run) => run.id))}::text[],
    ${textArray(runs.map((run) => run.root ?? ""))}::text[]
  ) as wanted (run_key, experiment_id, stage, id, root)`;

export interface ChildPage {
  parent: Pick<RunRow, "experiment_id">;
  /** Of the parent: 32 lower-case hex digits. */
  id: string;
  /** Both without it. */
  stage?: "active" | "deleted";
  /** The number of the last child of the page before. */
  before?: bigint;
  /** At most. */
  limit: number;
}

/** Runs of the parent's experiment that name it as their parent, the newest first. */
export async function findChildren(
  db: Database,
  project: bigint,
  { parent, id, stage, before, limit }: ChildPage,
): Promise<RunRow[]> {
  const inStage = stage === undefined ? sql<SqlBool>`true` : sql<SqlBool>`runs.lifecycle_stage = ${stage}`;
  const older = before === undefined ? sql<SqlBool>`true` : sql<SqlBool>`tags.run_key < ${before}`;
  const { rows } = await sql<RunRow>`
    select child.*
    from tags
    cross join lateral (
      select * from runs
      where runs.project_id = ${project} and runs.run_key = tags.run_key and ${inStage}
      limit 1
    ) as child
    where tags.project_id = ${project} and tags.experiment_id = ${parent.experiment_id}
      and tags.key = ${parentTag} and tags.value = ${id} and octet_length(tags.value) <= 1000 and ${older}
    order by tags.run_key desc
    limit ${limit}`.execute(db);
  return rows;
}

/** The active logged models that were made from a run, the newest first. */
export const findModelsOfRun = (db: Database, project: bigint, id: string) =>
  db
    .selectFrom("logged_models")
    .select(["model_id", "name", "model_type", "status", "artifact_uri", "creation_time"])
    .where("project_id", "=", project)
    .where("source_run_id", "=", id)
    .where("lifecycle_stage", "=", "active")
    .orderBy("creation_time", "desc")
    .orderBy("model_id")
    .limit(mostCounted)
    .execute();

/** The keys of the versions of registered models that were made from a run, by name and number. */
export const findVersionsOfRun = (db: Database, project: bigint, id: string) =>
  db
    .selectFrom("model_versions")
    .select(["name", "version"])
    .where("project_id", "=", project)
    .where("run_id", "=", id)
    .orderBy("name")
    .orderBy("version")
    .limit(mostCounted)
    .execute();
