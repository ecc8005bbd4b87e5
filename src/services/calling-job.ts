import type { HandlerContext } from "@connectrpc/connect";
import { principalKey } from "../auth/context-keys.ts";
import { jobOf } from "../ci/claims.ts";
import { type CiJob, jobTag } from "../ci/job.ts";
import type { KeyValue } from "../store/run-data.ts";

/** The CI job that makes a call, as its id-token has proved; undefined for every other caller. Docs/ci.md. */
export function callingJob(ctx: HandlerContext): CiJob | undefined {
  const principal = ctx.values.get(principalKey);
  if (principal?.kind !== "token" || principal.tokenKind !== "ci" || principal.claims === undefined)
    return undefined;
  return jobOf(principal.claims);
}

/** The calling job if it is the one that `tags` name: what it says of itself, and of no other job, is proven. */
export function jobNamedBy(ctx: HandlerContext, tags: readonly KeyValue[]): CiJob | undefined {
  if (tags.length === 0) return undefined;
  const job = callingJob(ctx);
  return job !== undefined && tags.some(({ key, value }) => key === jobTag && value === job.jobId)
    ? job
    : undefined;
}
