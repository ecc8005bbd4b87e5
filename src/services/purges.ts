import type { ServiceImpl } from "@connectrpc/connect";
import type { PurgeService } from "../../gen/loggia/v1/purge_pb.js";
import { invalid, notFound } from "../errors.ts";
import { clearGarbage } from "../store/artifact-garbage.ts";
import { recordEvent } from "../store/audit.ts";
import { defaultExperiment, findExperimentStates, hideExperiments } from "../store/purge-experiments.ts";
import { findRunStates, takeOut } from "../store/purge-runs.ts";
import { countPoints, findUsage } from "../store/usage.ts";
import { audited } from "./audit-trail.ts";
import { project } from "./context.ts";
import type { Deps } from "./deps.ts";
import { experimentKey, fromUuid, runKeyText } from "./ids.ts";
import { purgeDeleted, recordPurge } from "./purge.ts";
import { finishExperiment, finishRuns } from "./purge-parts.ts";
import { refuse } from "./purge-refusals.ts";
import { nothingPurged, type Purged } from "./purge-tally.ts";
import { between, named } from "./request-limits.ts";

const mostRuns = 1_000;
const mostExperiments = 100;
const mostDays = 100_000;

/** Milliseconds that a caller waits for space to be freed; the rest is done after the answer. */
const patience = 20_000;

/** Delete that deletes, and what a project takes up. */
export const purges = ({ db, artifacts }: Deps) => {
  /** Does `work`, and answers with what it has removed within the caller's patience. */
  async function answer(work: (tally: Purged) => Promise<void>) {
    const tally = nothingPurged();
    const all = work(tally).then(() => clearGarbage(db, (objectIds) => artifacts.delete(objectIds)));
    const isDone = await Promise.race([all.then(() => true), after(patience)]);
    // What fails from here on is taken up by the next sweep (services/retention.ts).
    if (!isDone) all.catch(() => {});
    return { purged: toPurged(tally, !isDone) };
  }

  return {
    async purgeRuns(req, ctx) {
      const ids = named("run_ids", req.runIds, mostRuns).map(runKeyText);
      const states = await findRunStates(db, project(ctx), ids);
      refuse(
        "Run",
        ids,
        states.map((state) => ({ ...state, id: fromUuid(state.runId) })),
      );
      const event = { ...audited(ctx), project: project(ctx), action: "run.purge", result: "ok" };
      const taken = await takeOut(
        db,
        project(ctx),
        states.map((state) => state.run),
        (tx) => recordEvent(tx, { ...event, object: ids.join(" ") }),
      );
      return answer((tally) => finishRuns(db, project(ctx), taken, tally));
    },

    async purgeExperiments(req, ctx) {
      const keys = named("experiment_ids", req.experimentIds, mostExperiments).map(experimentKey);
      if (keys.includes(defaultExperiment))
        throw invalid(
          "Experiment 0 is the one of clients that name none, so it is never purged. Purge its runs instead.",
        );
      const states = await findExperimentStates(db, project(ctx), keys);
      const ids = keys.map(String);
      refuse(
        "Experiment",
        ids,
        states.map((state) => ({ ...state, id: String(state.experiment) })),
      );
      const event = { ...audited(ctx), project: project(ctx), action: "experiment.purge", result: "ok" };
      const hidden = await hideExperiments(db, project(ctx), keys, (tx) =>
        recordEvent(tx, { ...event, object: ids.join(" ") }),
      );
      return answer(async (tally) => {
        for (const experiment of hidden) await finishExperiment(db, project(ctx), experiment, tally);
      });
    },

    async purgeDeleted(req, ctx) {
      const days = between("older_than_days", req.olderThanDays, 0, mostDays);
      return answer(async (tally) => {
        await purgeDeleted(db, project(ctx), days, tally);
        await recordPurge(db, project(ctx), audited(ctx), tally);
      });
    },

    async getUsage(_req, ctx) {
      const [usage, { points, isEstimate }] = await Promise.all([
        findUsage(db, project(ctx)),
        countPoints(db, project(ctx)),
      ]);
      if (usage === undefined) throw notFound(`Project '${project(ctx)}' not found`);
      const { quotaRuns, quotaPointsPerMinute, quotaArtifactBytes, retentionDays, ...counts } = usage;
      return {
        ...counts,
        metricPoints: points,
        metricPointsEstimated: isEstimate,
        ...(quotaRuns !== null && { quotaRuns }),
        ...(quotaPointsPerMinute !== null && { quotaPointsPerMinute }),
        ...(quotaArtifactBytes !== null && { quotaArtifactBytes }),
        ...(retentionDays !== null && { retentionDays }),
      };
    },
  } satisfies Partial<ServiceImpl<typeof PurgeService>>;
};

const after = (milliseconds: number) =>
  new Promise<false>((resolve) => setTimeout(resolve, milliseconds, false).unref());

const toPurged = (tally: Purged, unfinished: boolean) => ({
  runs: BigInt(tally.runs),
  experiments: BigInt(tally.experiments),
  loggedModels: BigInt(tally.loggedModels),
  metricPoints: BigInt(tally.metricPoints),
  artifacts: BigInt(tally.artifacts),
  artifactBytes: tally.artifactBytes,
  unfinished,
});
