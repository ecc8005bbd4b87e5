import { clearGarbage } from "../store/artifact-garbage.ts";
import { recordEvent, type Trail } from "../store/audit.ts";
import { forgetProducers } from "../store/ordered-writes.ts";
import { findDeletedExperiments, hiddenExperiments, hideExperiments } from "../store/purge-experiments.ts";
import { countModels } from "../store/purge-models.ts";
import {
  type DueProject,
  dueProjects,
  findDueProject,
  interruptedProjects,
  noteDeletions,
} from "../store/purge-projects.ts";
import { countRuns } from "../store/purge-runs.ts";
import { inProjects } from "../store/scope.ts";
import { forgetNotes } from "../store/written-runs.ts";
import type { Deps } from "./deps.ts";
import { finishExperiment, finishProject, purgeModelsOf, purgeRunsOf, resumeRuns } from "./purge-parts.ts";
import { add, isAnything, nothingPurged, type Purged } from "./purge-tally.ts";

export interface GcOptions {
  /** One project alone; all when absent. */
  project?: bigint;
  /** Days since the deletion, at least; what each project's retention says when absent. */
  olderThanDays?: number;
  /**
   * Removes nothing and counts what would be removed: projects, experiments, runs and logged models. Of what they hold,
   * metric points and files, there is no count without removing it.
   */
  dryRun?: boolean;
  /** Who does it, for the audit log. */
  trail?: Trail;
}

const sweeper: Trail = { actor: "retention sweep", address: "", requestId: "" };

/**
 * Removes for good what was deleted long enough ago, and what an interrupted purge has left; deleted projects whatever their
 * age. May run on several servers at once, beside any caller, and may break off anywhere: the next one goes on.
 * @throws what the first project failed with that could not be done; the others are done all the same.
 */
export const gc = (deps: Deps, options: GcOptions = {}): Promise<Purged> =>
  inProjects("all", () => collect(deps, options));

async function collect({ db, artifacts }: Deps, options: GcOptions): Promise<Purged> {
  const { project, olderThanDays, dryRun = false, trail = sweeper } = options;
  const sum = nothingPurged();
  let failure: { reason: unknown } | undefined;
  /** Does the work of one project; what fails must not keep the others from theirs. */
  const each = async (id: bigint, work: (tally: Purged) => Promise<void>) => {
    const tally = nothingPurged();
    try {
      await work(tally);
    } catch (reason) {
      failure ??= { reason };
    }
    add(sum, tally);
    if (!dryRun && isAnything(tally)) await recordPurge(db, id, trail, tally);
  };

  if (!dryRun) {
    await forgetProducers(db);
    await forgetNotes(db);
    const begun = await interruptedProjects(db);
    for (const id of project === undefined ? begun : begun.filter((one) => one === project))
      await each(id, (tally) => resume(db, id, tally));
  }
  for (const due of await projectsToVisit(db, project, olderThanDays))
    await each(due.project, async (tally) => {
      const days = olderThanDays ?? due.retention;
      if (due.isDeleted) {
        if (dryRun) tally.projects++;
        else await finishProject(db, due.project, tally);
      } else if (days !== undefined)
        await (dryRun ? countDeleted : purgeDeleted)(db, due.project, days, tally);
    });
  if (!dryRun) await clearGarbage(db, (objectIds) => artifacts.delete(objectIds));
  if (failure !== undefined) throw failure.reason;
  return sum;
}

async function projectsToVisit(
  db: Deps["db"],
  project: bigint | undefined,
  olderThanDays: number | undefined,
): Promise<DueProject[]> {
  if (project === undefined) return dueProjects(db, olderThanDays === undefined ? "retaining" : "all");
  const found = await findDueProject(db, project);
  return found === undefined ? [] : [found];
}

/** Takes up what was begun in a project and not brought to its end. */
async function resume(db: Deps["db"], project: bigint, tally: Purged): Promise<void> {
  await resumeRuns(db, project, tally);
  for (const experiment of await hiddenExperiments(db, project))
    await finishExperiment(db, project, experiment, tally);
}

/** Purges what was deleted in a project `days` ago, or before. */
export async function purgeDeleted(
  db: Deps["db"],
  project: bigint,
  days: number,
  tally: Purged,
): Promise<void> {
  await noteDeletions(db, project);
  const experiments = await findDeletedExperiments(db, project, days);
  for (const experiment of await hideExperiments(db, project, experiments))
    await finishExperiment(db, project, experiment, tally);
  await purgeRunsOf(db, project, { deletedBefore: days }, tally);
  await purgeModelsOf(db, project, { deletedBefore: days }, tally);
}

async function countDeleted(db: Deps["db"], project: bigint, days: number, tally: Purged): Promise<void> {
  const experiments = await findDeletedExperiments(db, project, days);
  tally.experiments = experiments.length;
  tally.runs = await countRuns(db, project, days, experiments);
  tally.loggedModels = await countModels(db, project, days);
}

/** Records what was purged by age, for nobody named it one by one. */
export const recordPurge = (
  db: Deps["db"],
  project: bigint,
  trail: Trail,
  { artifactBytes, ...counts }: Purged,
): Promise<void> =>
  recordEvent(db, {
    ...trail,
    project,
    action: "deleted.purge",
    object: counts.projects > 0 ? `project ${project}` : "what was deleted",
    result: "ok",
    details: {
      ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
      artifactBytes: String(artifactBytes),
    },
  });
