import type { ExperimentRow } from "../store/experiments.ts";

/** The message of an experiment; the times, which MLflow 1.28 leaves out, are for newer clients. */
export const toExperiment = (row: ExperimentRow) => ({
  experimentId: String(row.experiment_id),
  name: row.name,
  artifactLocation: row.artifact_location,
  lifecycleStage: row.lifecycle_stage,
  lastUpdateTime: row.last_update_time,
  creationTime: row.creation_time,
  tags: row.tags,
});
