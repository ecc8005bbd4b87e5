/** Fills every table that speaks of runs, so that a purge has something to forget. */
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { sql } from "kysely";
import { localArtifacts } from "../../src/artifacts/local.ts";
import type { ArtifactStore } from "../../src/artifacts/store.ts";
import { artifactFiles } from "../../src/services/artifact-files.ts";
import { fromUuid, newRunId } from "../../src/services/ids.ts";
import type { Database } from "../../src/store/database.ts";
import { createExperiment, setExperimentTag } from "../../src/store/experiments.ts";
import { logBatch } from "../../src/store/log-batch.ts";
import { createLoggedModel } from "../../src/store/logged-models.ts";
import { rollUp } from "../../src/store/metric-rollups.ts";
import { createRun } from "../../src/store/new-runs.ts";
import { logInputs } from "../../src/store/run-inputs.ts";

export interface Deps {
  db: Database;
  artifacts: ArtifactStore;
}

export const storeAt = (root: string) => localArtifacts(root);

export interface FullRun {
  runId: string;
  runKey: bigint;
  modelId: string;
}

/** An experiment with a tag. @returns its id. */
export async function newExperiment(db: Database, project: bigint): Promise<bigint> {
  const id = await createExperiment(db, project, {
    name: `experiment ${randomUUID()}`,
    tags: [{ key: "a", value: "b" }],
    now: 1n,
  });
  if (id === undefined) throw new Error("the name was taken");
  await setExperimentTag(db, project, id, { key: "c", value: "d" });
  return id;
}

/** A run without anything but a tag. */
export async function bareRun(db: Database, project: bigint, experiment = 0n) {
  const runId = newRunId();
  const tags = [{ key: "made", value: "yes" }];
  const made = await createRun(db, { project, experiment, runId, userId: "", startTime: 0n, tags });
  if (made.state !== "created") throw new Error(`the run was not made: ${made.state}`);
  return { runId, runKey: made.row.run_key };
}

/** A run that has a row in every table that speaks of runs, and two artifacts; and a logged model of it with one. */
export async function fullRun({ db, artifacts }: Deps, project: bigint, experiment = 0n): Promise<FullRun> {
  const { runId, runKey } = await bareRun(db, project, experiment);
  const modelId = `m-${fromUuid(randomUUID())}`;
  const item = [{ key: "k", value: "v" }];
  await createLoggedModel(db, {
    project,
    experiment,
    modelId,
    name: "model",
    modelType: undefined,
    sourceRunId: runId,
    params: item,
    tags: item,
  });
  const metrics = Array.from({ length: 60 }, (_, i) => ({
    key: "m",
    value: i,
    timestamp: 1n,
    step: BigInt(i),
  }));
  const log = (points: typeof metrics) =>
    logBatch(db, {
      project,
      runId,
      metrics: points,
      params: item,
      tags: item,
      modelMetrics: points.slice(0, 1).map((point) => ({
        ...point,
        modelId,
        datasetName: "",
        datasetDigest: "",
      })),
    });
  await log(metrics);
  await rollUp(db, { project, runKey, key: "m" }, { worthwhile: 20, bucket: 4, chunk: 50 });
  await log([{ key: "m", value: 0.5, timestamp: 2n, step: 3n }]);
  await logInputs(db, {
    project,
    runId,
    datasets: [
      {
        name: "data",
        digest: "1",
        sourceType: "t",
        source: "s",
        schema: undefined,
        profile: undefined,
        tags: [],
      },
    ],
    models: [{ role: "output", modelId, step: 1n }],
  });
  await sql`
    insert into ci_runs (project_id, run_key, job_id, source) values (${project}, ${runKey}, '1', 'https://ci')`.execute(
    db,
  );
  const files = artifactFiles({ db, artifacts });
  const body = (text: string) => () => Readable.from([Buffer.from(text)]);
  await files.upload(project, `${experiment}/${runId}/artifacts/a.txt`, body("aaaa"));
  await files.upload(project, `${experiment}/${runId}/artifacts/deep/b.txt`, body("bb"));
  await files.upload(project, `${experiment}/models/${modelId}/artifacts/c.txt`, body("c"));
  return { runId, runKey, modelId };
}

/** How many rows each table with this column has where it has one of the values, by table. */
export async function rowsWith(
  db: Database,
  project: bigint,
  column: "run_key" | "experiment_id" | "project_id",
  values: readonly bigint[],
): Promise<Map<string, number>> {
  const { rows } = await sql<{ name: string }>`
    select t.relname::text as name
    from pg_class t
    join pg_attribute a on a.attrelid = t.oid and a.attname = ${column} and not a.attisdropped
    where t.relkind in ('r', 'p') and t.relnamespace = 'public'::regnamespace
    order by 1`.execute(db);
  const counts = new Map<string, number>();
  for (const { name } of rows) {
    const found = await sql<{ count: bigint }>`
      select count(*) as count from ${sql.table(name)}
      where project_id = ${project} and ${sql.ref(column)} = any(${values}::bigint[])`.execute(db);
    counts.set(name, Number(found.rows[0]?.count ?? 0n));
  }
  return counts;
}
