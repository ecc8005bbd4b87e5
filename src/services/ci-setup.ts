import type { ServiceImpl } from "@connectrpc/connect";
import type { CiService } from "../../gen/loggia/v1/ci_pb.js";
import type { CiConnection } from "../ci/connection.ts";
import { expectedAudience, noCi, trustedIssuers } from "../ci/settings.ts";
import * as store from "../store/ci-webhooks.ts";
import { audited } from "./audit-trail.ts";
import { newWebhookSecret, webhookHash } from "./ci-events.ts";
import { given, milliseconds } from "./ci-job-messages.ts";
import { project } from "./context.ts";
import type { Deps } from "./deps.ts";

/** What a person needs to connect a CI system to a project. Docs/ci.md. */
export const ciSetup = ({ db, ci }: Pick<Deps, "db" | "ci">) =>
  ({
    async getSetup(_req, ctx) {
      const settings = ci?.settings ?? noCi;
      const webhook = await store.findWebhook(db, project(ctx));
      return {
        issuers: trustedIssuers(settings),
        ...given({
          ownGitlab: settings.gitlabUrl,
          audience: expectedAudience(settings),
          exchangeUrl: addressOf(ci, project(ctx), "/oauth/token"),
          webhookUrl: addressOf(ci, project(ctx), webhookPath),
          webhookSecretCreatedAt: milliseconds(webhook?.createdAt),
          webhookLastEventAt: milliseconds(webhook?.lastEventAt),
        }),
        hasWebhookSecret: webhook !== undefined,
        tokenLifetime: BigInt(Math.floor(settings.tokenLifetime / 1000)),
      };
    },

    async rotateWebhookSecret(_req, ctx) {
      const secret = newWebhookSecret(project(ctx));
      await store.replaceWebhook(db, project(ctx), webhookHash(secret), audited(ctx));
      return { secret, ...given({ webhookUrl: addressOf(ci, project(ctx), webhookPath) }) };
    },

    async deleteWebhookSecret(_req, ctx) {
      await store.deleteWebhook(db, project(ctx), audited(ctx));
      return {};
    },
  }) satisfies Partial<ServiceImpl<typeof CiService>>;

/** Where GitLab sends job events, below the address of a project or of the server. */
export const webhookPath = "/api/1.0/loggia/ci/gitlab-webhook";

const addressOf = (ci: CiConnection | undefined, id: bigint, path: string): string | undefined =>
  ci?.settings.publicUrl && `${ci.settings.publicUrl}/api/v4/projects/${id}/ml/mlflow${path}`;
