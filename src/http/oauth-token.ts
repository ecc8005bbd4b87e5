import { hash } from "node:crypto";
import type { JsonObject } from "@bufbuild/protobuf";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { RefusedIdToken } from "../ci/id-token.ts";
import { type ErrorName, invalid, LoggiaError } from "../errors.ts";
import { asLoggiaError, hidden } from "../interceptors/errors.ts";
import type { FailedLogins } from "../interceptors/failed-logins.ts";
import type { CiExchange } from "../services/ci-exchange.ts";
import { readText } from "./body.ts";
import { clientAddress } from "./client-address.ts";
import { projectReference } from "./project-path.ts";

/**
 * OAuth 2.0 Token Exchange (RFC 8693): an id-token of a CI job for a token of a project. The parameters come as a form, as the
 * RFC has them, or as JSON. The project is the one in front of the path, or in the parameter `project`, which is ours.
 */
export interface OauthTokenOptions {
  exchange: CiExchange;
  logins: FailedLogins;
  /** Milliseconds that a client has to send the request. */
  bodyTimeout: number;
}

const exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
const accessToken = "urn:ietf:params:oauth:token-type:access_token";
const subjectTypes = ["urn:ietf:params:oauth:token-type:id_token", "urn:ietf:params:oauth:token-type:jwt"];

const mostBytes = 64 * 2 ** 10;

const path = "/oauth/token";

const text = { type: "string" };

/** The route, as OpenAPI describes it. */
export const oauthTokenPath: Record<string, JsonObject> = {
  [path]: {
    post: {
      operationId: "OauthToken",
      tags: ["CiService"],
      description: "Exchanges an id-token of a CI job for a token of a project (RFC 8693).",
      requestBody: {
        required: true,
        content: {
          "application/x-www-form-urlencoded": {
            schema: {
              type: "object",
              required: ["grant_type", "subject_token_type", "subject_token"],
              properties: {
                grant_type: { const: exchangeGrant },
                subject_token_type: { enum: subjectTypes },
                subject_token: text,
                requested_token_type: { const: accessToken },
                scope: text,
                project: text,
              },
            },
          },
        },
      },
      responses: {
        "200": {
          description: "Success",
          content: {
            "application/json": {
              schema: {
                type: "object",
                properties: {
                  access_token: text,
                  issued_token_type: text,
                  token_type: text,
                  expires_in: { type: "integer", description: "Seconds." },
                  scope: text,
                  role: text,
                  project: text,
                  project_id: { type: "integer" },
                },
              },
            },
          },
        },
        default: {
          description: "Failure",
          content: {
            "application/json": {
              schema: {
                type: "object",
                properties: { error: text, error_description: text, error_code: text, message: text },
              },
            },
          },
        },
      },
    },
  },
};

export async function oauthTokenRoutes(app: FastifyInstance, options: OauthTokenOptions): Promise<void> {
  const { exchange, logins, bodyTimeout } = options;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.setErrorHandler(sendOauthError);
  app.post(path, async (request, reply) => {
    const parameters = await readParameters(request, bodyTimeout);
    const asked = exchangeParameters(parameters, projectReference(request.raw));
    const address = clientAddress(request);
    // All id-tokens begin alike, so their prefixes must not be counted together.
    const credential = hash("sha256", asked.idToken, "hex");
    logins.admit(address, credential);
    try {
      const given = await exchange({ ...asked, address, requestId: request.id });
      request.log.info({ project: given.project.path, role: given.role, address }, "id-token exchanged");
      return noStore(reply).send({
        access_token: given.token,
        issued_token_type: accessToken,
        token_type: "Bearer",
        expires_in: given.expiresIn,
        scope: given.scopes.join(" "),
        role: given.role,
        project: given.project.path,
        project_id: Number(given.project.id),
      });
    } catch (error) {
      if (error instanceof RefusedIdToken && error.isForged) logins.failed(address, credential);
      if (error instanceof LoggiaError) {
        const { message: reason, status, cause } = error;
        // An issuer that cannot be asked is the administrator's to mend, who learns only here what is wrong with it.
        if (status === 503) request.log.warn({ reason, address, err: cause }, "id-token refused");
        else request.log.info({ reason, address }, "id-token refused");
      }
      throw error;
    }
  });
}

function exchangeParameters(given: ReadonlyMap<string, string>, addressed: string | undefined) {
  const grant = required(given, "grant_type");
  if (grant !== exchangeGrant) throw unsupportedGrant();
  const type = required(given, "subject_token_type");
  if (!subjectTypes.includes(type))
    throw invalid(
      `Invalid value for parameter 'subject_token_type': it must be one of ${subjectTypes.join(", ")}.`,
    );
  const wanted = given.get("requested_token_type");
  if (wanted !== undefined && wanted !== accessToken)
    throw invalid(`Invalid value for parameter 'requested_token_type': it must be ${accessToken}.`);
  const named = given.get("project");
  if (named !== undefined && addressed !== undefined && named !== addressed)
    throw invalid("Invalid value for parameter 'project': the address names another project.");
  return {
    idToken: required(given, "subject_token"),
    project: addressed ?? named,
    scope: given.get("scope"),
  };
}

function required(given: ReadonlyMap<string, string>, name: string): string {
  const value = given.get(name);
  if (value === undefined) throw invalid(`Missing value for required parameter '${name}'.`);
  return value;
}

/** The parameters that have a value; RFC 6749 §3.2 treats an empty one as absent, and forbids to repeat one. */
async function readParameters(request: FastifyRequest, timeout: number): Promise<Map<string, string>> {
  const text = await readText(
    request.raw,
    {
      bytes: mostBytes,
      refuse: () =>
        new LoggiaError("INVALID_PARAMETER_VALUE", `The request must be at most ${mostBytes} bytes.`, {
          status: 413,
        }),
    },
    timeout,
  );
  const parameters = new Map<string, string>();
  for (const [name, value] of /\bjson\b/i.test(request.headers["content-type"] ?? "")
    ? ofJson(text)
    : new URLSearchParams(text)) {
    if (value === "") continue;
    if (parameters.has(name)) throw invalid(`The parameter '${name.slice(0, 100)}' is given more than once.`);
    if (value.includes("\0") || !value.isWellFormed())
      throw invalid(
        `The parameter '${name.slice(0, 100)}' holds a NUL character or half of a surrogate pair.`,
      );
    parameters.set(name, value);
  }
  return parameters;
}

function ofJson(text: string): [string, string][] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid("The request body is not valid JSON.");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw invalid("The request body must be a JSON object.");
  return Object.entries(json).map(([name, value]) => {
    if (typeof value !== "string") throw invalid(`The parameter '${name.slice(0, 100)}' must be a string.`);
    return [name, value];
  });
}

class UnsupportedGrant extends LoggiaError {}

const unsupportedGrant = () =>
  new UnsupportedGrant(
    "INVALID_PARAMETER_VALUE",
    `Invalid value for parameter 'grant_type': it must be ${exchangeGrant}.`,
  );

/** RFC 6749 §5.2 and RFC 8693 §2.2.2, where a subject token that is not taken is an invalid request. */
const oauthNames: Partial<Record<ErrorName, string>> = {
  INVALID_PARAMETER_VALUE: "invalid_request",
  BAD_REQUEST: "invalid_request",
  CUSTOMER_UNAUTHORIZED: "invalid_request",
  PERMISSION_DENIED: "invalid_target",
  REQUEST_LIMIT_EXCEEDED: "temporarily_unavailable",
  TEMPORARILY_UNAVAILABLE: "temporarily_unavailable",
};

/** OAuth's error object, with MLflow's members beside it. */
function sendOauthError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = asLoggiaError(thrown) ?? hidden(thrown, request.id, request.log);
  const { code, message, status, retryAfter } = error;
  if (retryAfter !== undefined) reply.header("retry-after", String(retryAfter));
  if (status === 413 && request.raw.httpVersionMajor === 1) reply.header("connection", "close");
  const name = error instanceof UnsupportedGrant ? "unsupported_grant_type" : oauthNames[code];
  const text = message.toWellFormed();
  return noStore(reply.code(status)).send({
    error: name ?? "server_error",
    error_description: text,
    error_code: code,
    message: text,
  });
}

const noStore = (reply: FastifyReply) =>
  reply.header("cache-control", "no-store").header("pragma", "no-cache").type("application/json");
