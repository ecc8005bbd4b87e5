import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { over, progressOf } from "../ci/job.ts";
import { readJobEvent } from "../ci/job-event.ts";
import { LoggiaError } from "../errors.ts";
import { recordJob } from "../store/ci-jobs.ts";
import { revokeTokensOfJob } from "../store/ci-tokens.ts";
import { findProjectByReference } from "../store/ci-trusts.ts";
import { findWebhook, noteJobEvent } from "../store/ci-webhooks.ts";
import type { Database } from "../store/database.ts";
import { inProjects } from "../store/scope.ts";

export interface JobEvent {
  /** X-Gitlab-Token. */
  secret: string | undefined;
  /** The project that the address names, if it names one. */
  project: string | undefined;
  /** X-Gitlab-Instance. */
  instance: string | undefined;
  /** Parses what was sent; called once the secret has proved right. */
  payload: () => unknown;
}

export type CiEvents = (event: JobEvent) => Promise<void>;

/**
 * A secret for the job events of a project, which it names: an event is then of that project whatever the address it is
 * sent to. 192 random bits, to be shown once.
 */
export const newWebhookSecret = (project: bigint): string =>
  `glmw_${project}_${randomBytes(24).toString("base64url")}`;

/** What is kept of a secret. A fast hash is right for one of 192 random bits. */
export const webhookHash = (secret: string): Buffer => hash("sha256", secret, "buffer");

/**
 * Takes GitLab's job events: they keep what is known of jobs current. When a job is over, so are the tokens it got.
 * @returns a function that throws CUSTOMER_UNAUTHORIZED for a wrong secret; INVALID_PARAMETER_VALUE for what is no event.
 */
export const ciEvents =
  ({ db }: { db: Database }): CiEvents =>
  async ({ secret, project: reference, instance, payload }) => {
    const project = await inProjects("all", () => projectOf(db, secret, reference));
    if (project === undefined)
      throw new LoggiaError(
        "CUSTOMER_UNAUTHORIZED",
        "The secret token of this webhook is missing or not the one of the project.",
      );
    const job = readJobEvent(payload(), instance);
    await inProjects([project], async () => {
      if (job !== undefined) {
        const progress = progressOf(job.status);
        await recordJob(db, project, { ...job, progress, from: "event" });
        if (progress >= over) await revokeTokensOfJob(db, project, { iss: job.source, job_id: job.jobId });
      }
      await noteJobEvent(db, project);
    });
  };

async function projectOf(db: Database, secret = "", reference?: string): Promise<bigint | undefined> {
  const id = /^glmw_(\d{1,18})_/.exec(secret)?.[1];
  if (id === undefined) return undefined;
  const webhook = await findWebhook(db, BigInt(id));
  if (webhook === undefined || !timingSafeEqual(webhook.hash, webhookHash(secret))) return undefined;
  const named = await findProjectByReference(db, reference ?? id);
  return named?.id === BigInt(id) ? named.id : undefined;
}
