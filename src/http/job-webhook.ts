import type { JsonObject } from "@bufbuild/protobuf";
import type { FastifyInstance } from "fastify";
import { invalid, LoggiaError } from "../errors.ts";
import type { FailedLogins } from "../interceptors/failed-logins.ts";
import type { CiEvents } from "../services/ci-events.ts";
import { webhookPath } from "../services/ci-setup.ts";
import { readText } from "./body.ts";
import { clientAddress } from "./client-address.ts";
import { projectReference } from "./project-path.ts";

/**
 * GitLab's webhook for job events. It brings a secret in a header of its own and no token of ours, so it goes past the gate
 * that every call passes; the secret decides alone.
 */
export interface JobWebhookOptions {
  events: CiEvents;
  logins: FailedLogins;
  /** Milliseconds that GitLab has to send an event. */
  bodyTimeout: number;
}

/** A commit message may be long; GitLab sends 25 MB at most, and that for pushes. */
const mostBytes = 2 ** 20;

/** The route, as OpenAPI describes it. */
export const jobWebhookPath: Record<string, JsonObject> = {
  [webhookPath]: {
    post: {
      operationId: "GitlabWebhook",
      tags: ["CiService"],
      description:
        "Takes GitLab's job events. The secret is the one that RotateWebhookSecret has answered with.",
      parameters: ["X-Gitlab-Token", "X-Gitlab-Instance"].map((name) => ({
        name,
        in: "header",
        required: name === "X-Gitlab-Token",
        schema: { type: "string" },
      })),
      requestBody: { required: true, content: { "application/json": { schema: { type: "object" } } } },
      responses: {
        "200": { description: "Success", content: { "application/json": { schema: { type: "object" } } } },
        default: {
          description: "Failure",
          content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
        },
      },
    },
  },
};

export async function jobWebhookRoutes(app: FastifyInstance, options: JobWebhookOptions): Promise<void> {
  const { events, logins, bodyTimeout } = options;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.post(webhookPath, async (request, reply) => {
    const secret = single(request.headers["x-gitlab-token"]);
    const address = clientAddress(request);
    const text = await readText(request.raw, { bytes: mostBytes, refuse: tooLong }, bodyTimeout);
    logins.admit(address, secret ?? "");
    try {
      await events({
        secret,
        project: projectReference(request.raw),
        instance: single(request.headers["x-gitlab-instance"]),
        payload: () => parse(text),
      });
    } catch (error) {
      if (error instanceof LoggiaError && error.code === "CUSTOMER_UNAUTHORIZED")
        logins.failed(address, secret ?? "");
      throw error;
    }
    if (secret !== undefined) logins.succeeded(secret);
    return reply.type("application/json").send("{}");
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("The request body is not valid JSON.");
  }
}

const single = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

const tooLong = () =>
  new LoggiaError("INVALID_PARAMETER_VALUE", `The request body must be at most ${mostBytes} bytes.`, {
    status: 413,
  });
