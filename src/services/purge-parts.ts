/**
 * Removes for good what is on its way out: rows and artifacts, in parts that are a transaction each, so that nobody waits
 * for one and a crash loses nothing but the part. What is left, the next sweep finds (services/retention.ts).
 */
import { ownArtifactPath } from "../artifacts/path.ts";
import { releaseArtifacts } from "../store/artifact-release.ts";
import { ownLocation, removeExperiment } from "../store/purge-experiments.ts";
import { type ModelSelection, nextModels, removeModel } from "../store/purge-models.ts";
import { removeProject } from "../store/purge-projects.ts";
import { forgetRuns, type PointCursor, removePart } from "../store/purge-run-data.ts";
import { leftovers, nextRuns, type PurgedRun, type RunSelection, takeOut } from "../store/purge-runs.ts";
import type { Deps } from "./deps.ts";
import type { Purged } from "./purge-tally.ts";

/** Runs and models that are removed together. */
const groupSize = 200;

/** Files whose rows one transaction removes. */
const filesInPart = 1_000;

type Db = Deps["db"];

/** Purges the runs of a selection, a group after the other. */
export async function purgeRunsOf(
  db: Db,
  project: bigint,
  selection: RunSelection,
  tally: Purged,
): Promise<void> {
  // A group of which none could be taken was restored, or another process took it.
  for (let inVain = 0; inVain < 3; ) {
    const found = await nextRuns(db, project, selection, groupSize);
    if (found.length === 0) return;
    const taken = await takeOut(db, project, found);
    await finishRuns(db, project, taken, tally);
    inVain = taken.length === 0 ? inVain + 1 : 0;
  }
}

/** Removes all that is left of runs which were taken out. */
export async function finishRuns(
  db: Db,
  project: bigint,
  runs: readonly PurgedRun[],
  tally: Purged,
): Promise<void> {
  tally.runs += runs.length;
  const all = runs.toSorted((a, b) => (a.runKey < b.runKey ? -1 : 1));
  for (let i = 0; i < all.length; i += groupSize)
    await finishGroup(db, project, all.slice(i, i + groupSize), tally);
}

async function finishGroup(
  db: Db,
  project: bigint,
  runs: readonly PurgedRun[],
  tally: Purged,
): Promise<void> {
  const keys = runs.map((run) => run.runKey);
  for (let at: PointCursor | undefined; ; ) {
    const part = await removePart(db, project, keys, at);
    if (part === undefined) return; // another process is at it
    tally.metricPoints += part.points;
    if (part.isLast) break;
    at = part.at;
  }
  await releaseAll(
    db,
    project,
    runs.map((run) => run.artifactUri),
    tally,
  );
  await forgetRuns(db, project, keys);
}

/** Takes up what was begun with runs of a project. */
export async function resumeRuns(db: Db, project: bigint, tally: Purged): Promise<void> {
  for (let after = -1n; ; ) {
    const runs = await leftovers(db, project, after, groupSize);
    const last = runs.at(-1);
    if (last === undefined) return;
    await finishRuns(db, project, runs, tally);
    after = last.runKey;
  }
}

/** Purges the logged models of a selection: the artifacts first, since it is by the row that they are found. */
export async function purgeModelsOf(
  db: Db,
  project: bigint,
  selection: ModelSelection,
  tally: Purged,
): Promise<void> {
  for (;;) {
    const models = await nextModels(db, project, selection, groupSize);
    if (models.length === 0) return;
    await releaseAll(
      db,
      project,
      models.map((model) => model.artifactUri),
      tally,
    );
    for (const { modelId } of models) await removeModel(db, project, modelId);
    tally.loggedModels += models.length;
  }
}

/** Removes an experiment that has vanished, with all that is in it. */
export async function finishExperiment(
  db: Db,
  project: bigint,
  experiment: bigint,
  tally: Purged,
): Promise<void> {
  await purgeRunsOf(db, project, { experiment }, tally);
  await purgeModelsOf(db, project, { experiment }, tally);
  const location = await ownLocation(db, project, experiment);
  if (location !== undefined) await releaseAll(db, project, [location], tally);
  if (await removeExperiment(db, project, experiment)) tally.experiments++;
}

/** Removes a deleted project with all that is in it. */
export async function finishProject(db: Db, project: bigint, tally: Purged): Promise<void> {
  await purgeRunsOf(db, project, { all: true }, tally);
  await purgeModelsOf(db, project, { all: true }, tally);
  await release(db, project, [""], tally);
  if (await removeProject(db, project)) tally.projects++;
}

/** Makes garbage of the artifacts at locations; what is kept elsewhere is not ours to remove. */
async function releaseAll(db: Db, project: bigint, uris: readonly string[], tally: Purged): Promise<void> {
  const paths = uris.map(ownArtifactPath).filter((path) => path !== undefined && path !== "");
  if (paths.length > 0) await release(db, project, paths as string[], tally);
}

async function release(db: Db, project: bigint, paths: readonly string[], tally: Purged): Promise<void> {
  for (;;) {
    const { files, bytes } = await releaseArtifacts(db, project, paths, filesInPart);
    tally.artifacts += files;
    tally.artifactBytes += bytes;
    if (files === 0) return;
  }
}
