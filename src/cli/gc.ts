/** `loggia gc`: removes for good what was deleted long enough ago. */
import { gc as collect } from "../services/purge.ts";
import type { Action } from "./action.ts";
import { confirm } from "./confirm.ts";
import { addressed } from "./project-named.ts";
import { trail } from "./trail.ts";
import { days } from "./values.ts";

export const gc: Action = (given) => {
  const { project: reference, "older-than": age } = given.values;
  const olderThanDays = age === undefined ? undefined : days("older-than", age);
  const dryRun = given.switches.has("dry-run");
  return async ({ db, artifacts, out }) => {
    const project = reference === undefined ? undefined : await addressed(db, reference);
    // Without an age the projects' own rules are carried out, which somebody decided before.
    if (olderThanDays !== undefined && !dryRun) {
      const where = project?.path ?? "all projects";
      const what =
        olderThanDays === 0
          ? `This removes for good whatever is deleted in ${where}`
          : `This removes for good whatever was deleted in ${where} ${olderThanDays} days ago or before`;
      await confirm(given, what, project?.path ?? "all");
    }
    const removed = await collect(
      { db, artifacts: artifacts() },
      {
        trail,
        dryRun,
        ...(project !== undefined && { project: project.project_id }),
        ...(olderThanDays !== undefined && { olderThanDays }),
      },
    );
    const { projects, experiments, runs, loggedModels } = removed;
    const counts = { projects, experiments, runs, logged_models: loggedModels };
    if (dryRun)
      return out.one(
        { dry_run: true, ...counts },
        `This would remove ${listed([
          [projects, "project"],
          [experiments, "experiment"],
          [runs, "run"],
          [loggedModels, "logged model"],
        ])}.`,
      );
    const { metricPoints, artifacts: files, artifactBytes } = removed;
    out.one(
      {
        dry_run: false,
        ...counts,
        metric_points: metricPoints,
        artifacts: files,
        artifact_bytes: artifactBytes,
      },
      `Removed ${listed([
        [projects, "project"],
        [experiments, "experiment"],
        [runs, "run"],
        [loggedModels, "logged model"],
        [metricPoints, "metric point"],
        [files, "artifact"],
      ])} (${artifactBytes} bytes).`,
    );
  };
};

/** `2 runs, 1 artifact`; what there is none of is left out. */
function listed(counts: [count: number, what: string][]): string {
  const some = counts.filter(([count]) => count > 0);
  return some.length === 0
    ? "nothing"
    : some.map(([count, what]) => `${count} ${what}${count === 1 ? "" : "s"}`).join(", ");
}
