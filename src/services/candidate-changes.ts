import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { CandidateService } from "../../gen/loggia/v1/candidates_pb.js";
import { invalid } from "../errors.ts";
import { moveRuns, type Obstacle, tagRuns } from "../store/many-runs.ts";
import { recorded } from "./audit-trail.ts";
import { missing, project } from "./context.ts";
import type { Deps } from "./deps.ts";
import { runKeyText, runNotFound, runNotInState } from "./ids.ts";
import { checkStorable, checkTag } from "./names.ts";
import { named } from "./request-limits.ts";

const mostRuns = 1_000;

/** Changes of many runs at once, each in one transaction and safe to repeat. */
export const candidateChanges = ({ db }: Deps) => {
  const move = async (ctx: HandlerContext, given: readonly string[], to: "active" | "deleted") => {
    const runIds = chosenRuns(given);
    const action = to === "deleted" ? "run.delete" : "run.restore";
    const event = { action, object: (ids: readonly string[]) => ids.join(" ") };
    const moved = await recorded(db, ctx, event, async (tx) => {
      const found = await moveRuns(tx, project(ctx), runIds, to);
      if (!Array.isArray(found)) throw refusal(found);
      return found.length === 0 ? undefined : found;
    });
    return { changedCount: moved?.length ?? 0 };
  };

  return {
    deleteCandidates: (req, ctx) => move(ctx, req.runIds, "deleted"),
    restoreCandidates: (req, ctx) => move(ctx, req.runIds, "active"),

    async tagCandidates(req, ctx) {
      const { key, value } = req;
      if (key === "") throw missing("key");
      const runIds = chosenRuns(req.runIds);
      if (value === undefined) checkStorable("key", key);
      else checkTag(key, value);
      const obstacle = await tagRuns(db, project(ctx), runIds, key, value);
      if (obstacle !== undefined) throw refusal(obstacle);
      return {};
    },
  } satisfies Partial<ServiceImpl<typeof CandidateService>>;
};

/** Each once. @throws INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST for what is no run's id */
function chosenRuns(ids: readonly string[]): string[] {
  return named("run_ids", ids, mostRuns).map(runKeyText);
}

function refusal({ runId, why }: Obstacle) {
  switch (why) {
    case "absent":
      return runNotFound(runId);
    case "deleted":
      return runNotInState(runId, "active");
    case "purging":
      return invalid(`The run ${runId} cannot be restored: its experiment is being purged.`);
  }
}
