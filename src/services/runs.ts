import type { ServiceImpl } from "@connectrpc/connect";
import { type MlflowService, RunStatus } from "../../gen/mlflow/service_pb.js";
import { invalid } from "../errors.ts";
import { createRun } from "../store/new-runs.ts";
import { type KeyValue, runNameTag } from "../store/run-data.ts";
import { findRunInputs } from "../store/run-inputs.ts";
import * as store from "../store/runs.ts";
import { recorded } from "./audit-trail.ts";
import { callingJob } from "./calling-job.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";
import {
  experimentKey,
  experimentNotActive,
  experimentNotFound,
  runKeyText,
  runNotFound,
  runNotInState,
} from "./ids.ts";
import { checkTag, checkText } from "./names.ts";
import { runQuota, runsFull } from "./quotas.ts";
import { repeatedRuns } from "./repeated-runs.ts";
import { toNewRun, toRun, toRunInfo } from "./run-messages.ts";
import { distinctTags } from "./tags.ts";

/** Runs, but for their search (services/search.ts) and what they log. Behaviour.md §6. */
export const runs = ({ db }: Deps) => {
  const repeated = repeatedRuns();
  const notInState = async (projectId: bigint, id: string, wanted: "active" | "deleted") => {
    const row = await store.findRun(db, projectId, id);
    // One that is deleted and yet cannot be restored is being purged with its experiment.
    const isLeaving = wanted === "deleted" && row?.lifecycle_stage === "deleted";
    return row === undefined || isLeaving ? runNotFound(id) : runNotInState(id, wanted);
  };

  return {
    async createRun(req, ctx) {
      const experimentId = required(req, "experiment_id");
      const experiment = experimentKey(experimentId);
      checkText("user_id", req.userId);
      const tags = withName(distinctTags(req.tags), req.runName);
      const given = Object.hasOwn(req, "startTime") ? req.startTime : undefined;
      const request = { experiment, userId: req.userId, startTime: given, tags };
      const mostRuns = await runQuota(db, project(ctx));
      const identity = repeated.identify(ctx, request);
      const creation = await createRun(
        db,
        {
          project: project(ctx),
          experiment,
          runId: identity.runId,
          userId: req.userId,
          startTime: given ?? BigInt(Date.now()),
          tags,
          job: callingJob(ctx),
          mostRuns,
        },
        identity,
      ).catch((error: unknown) => {
        // Whether the run was made is not always known.
        repeated.keep(ctx, request, identity, { isLost: true });
        throw error;
      });
      if (creation.state === "absent") throw experimentNotFound(experimentId);
      if (creation.state === "deleted") throw experimentNotActive(experimentId);
      if (creation.state === "full") throw runsFull(mostRuns ?? 0n, creation.used);
      if (creation.row.experiment_id !== experiment)
        throw invalid("The header Idempotency-Key was used for a run of another experiment.");
      repeated.keep(ctx, request, identity, { isLost: false });
      return { run: toNewRun(creation.row, tags) };
    },

    async getRun(req, ctx) {
      const id = required(req, "run_id", "run_uuid");
      const found = await store.findRunText(db, project(ctx), runKeyText(id));
      if (found === undefined) throw runNotFound(id);
      if (!found.has_inputs) return { run: toRun(ctx, found) };
      const inputs = await findRunInputs(db, project(ctx), [found]);
      return { run: toRun(ctx, found, inputs.get(found.run_key)) };
    },

    async updateRun(req, ctx) {
      const id = required(req, "run_id", "run_uuid");
      if (req.runName !== "") checkTag(runNameTag, req.runName);
      const row = await store.updateRun(db, project(ctx), runKeyText(id), {
        ...(Object.hasOwn(req, "status") ? { status: statusName(req.status) } : {}),
        ...(Object.hasOwn(req, "endTime") ? { endTime: req.endTime } : {}),
        ...(req.runName === "" ? {} : { name: req.runName }),
      });
      if (row === undefined) throw await notInState(project(ctx), id, "active");
      return { runInfo: toRunInfo(row, row.run_name ?? undefined) };
    },

    async deleteRun(req, ctx) {
      const id = required(req, "run_id");
      const [event, run] = [{ action: "run.delete", object: id }, runKeyText(id)];
      if (!(await recorded(db, ctx, event, (tx) => store.moveRun(tx, project(ctx), run, "active"))))
        throw await notInState(project(ctx), id, "active");
      return {};
    },

    async restoreRun(req, ctx) {
      const id = required(req, "run_id");
      const [event, run] = [{ action: "run.restore", object: id }, runKeyText(id)];
      if (!(await recorded(db, ctx, event, (tx) => store.moveRun(tx, project(ctx), run, "deleted"))))
        throw await notInState(project(ctx), id, "deleted");
      return {};
    },
  } satisfies Partial<ServiceImpl<typeof MlflowService>>;
};

/** Newer clients send a run's name twice, as the field and as the tag in which it is stored. */
function withName(tags: KeyValue[], name: string): KeyValue[] {
  if (name === "") return tags;
  const key = runNameTag;
  const tag = tags.find((given) => given.key === key);
  if (tag === undefined) {
    checkTag(key, name);
    return [...tags, { key, value: name }];
  }
  if (tag.value !== name)
    throw invalid(
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${name}', mlflow.runName='${tag.value}').`,
    );
  return tags;
}

function statusName(status: RunStatus): store.RunStatus {
  const name = RunStatus[status];
  switch (name) {
    case "RUNNING":
    case "SCHEDULED":
    case "FINISHED":
    case "FAILED":
    case "KILLED":
      return name;
    default:
      throw invalid(`Unknown run status ${status}.`);
  }
}
