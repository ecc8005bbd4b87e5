import { type DescMethodUnary, getOption } from "@bufbuild/protobuf";
import type { MethodImplSpec, ServiceImplSpec } from "@connectrpc/connect";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { rpc } from "../../gen/mlflow/databricks_pb.js";
import { invalid, LoggiaError } from "../errors.ts";
import { JsonBytes, JsonText } from "../services/json-text.ts";
import { gather, sendJson } from "./answer.ts";
import { type BodyLimit, hasBody, readText } from "./body.ts";
import type { Surround } from "./call.ts";
import { type Parameters, parseJson, readParameters, writeJson } from "./json.ts";
import { parseQuery } from "./json-query.ts";

/**
 * MLflow's REST: each unary RPC with the option (mlflow.rpc) is a route per endpoint, below /api and the version since which
 * it exists. `{field}` in a path fills that field of the request.
 */

/** MLflow's constant for log-batch, which 1.28 means to check and does not (behaviour.md §4). */
const limits: Record<string, BodyLimit | undefined> = {
  "mlflow.MlflowService/logBatch": {
    bytes: 1_000_000,
    refuse: (size) =>
      invalid(`Batched logging API requests must be at most 1000000 bytes, got a request of size ${size}.`),
  },
};

const atMost = (bytes: number): BodyLimit => ({
  bytes,
  refuse: (size) =>
    new LoggiaError(
      "INVALID_PARAMETER_VALUE",
      `The request body must be at most ${bytes} bytes, got a request of size ${size}.`,
      { status: 413 },
    ),
});

export interface RestOptions {
  surround: Surround;
  /** Milliseconds that a client has to send a body. */
  bodyTimeout: number;
  /** How long a body may be. */
  maxBodyBytes: number;
}

/** Mounts `services` in a scope of their own. @throws Error at start when two RPCs claim the same method and path. */
export function mountRest(
  app: FastifyInstance,
  services: readonly ServiceImplSpec[],
  options: RestOptions,
): void {
  // MLflow ignores the Content-Type, and the handlers read the body by themselves.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.addHook("onRequest", async ({ headers }) => {
    delete headers["content-type"];
  });
  for (const service of services) {
    for (const spec of Object.values(service.methods)) {
      if (spec.kind !== "unary") continue;
      for (const { method, path, since } of getOption(spec.method, rpc).endpoints) {
        if (path.includes("<")) continue; // Flask's syntax for bytes: http/artifacts.ts
        app.route({
          method,
          url: `/api/${since?.major}.${since?.minor}${path.replace(/\{(\w+)\}/g, ":$1")}`,
          handler: handler(spec, options),
        });
      }
    }
  }
}

function handler({ method, impl }: MethodImplSpec & { kind: "unary" }, options: RestOptions) {
  const limit = limits[`${method.parent.typeName}/${method.name}`] ?? atMost(options.maxBodyBytes);
  const { surround, bodyTimeout } = options;

  async function readBody(request: FastifyRequest, reply: FastifyReply): Promise<string> {
    try {
      return await readText(request.raw, limit, bodyTimeout);
    } catch (error) {
      // What follows on the connection is the rest of a body that nobody reads.
      if (!request.raw.complete && request.raw.httpVersionMajor === 1) reply.header("connection", "close");
      throw error;
    }
  }

  return async (request: FastifyRequest, reply: FastifyReply) => {
    const query = request.method === "GET" || request.method === "HEAD" ? queryOf(request) : "";
    const readsBody = query === "" && (request.method === "POST" || hasBody(request.raw));
    const answer = await surround(
      method,
      request,
      reply,
      () =>
        readsBody
          ? readBody(request, reply).then((body) => parse(method, request, query, body))
          : parse(method, request, query, ""),
      async (message, context) => {
        const result = await impl(message, context);
        if (result instanceof JsonBytes) return result.bytes;
        return result instanceof JsonText ? gather(result.chunks) : writeJson(method.output, result);
      },
    );
    return sendJson(request, reply, answer);
  };
}

/** GET takes its parameters from the query and, when there is none, from a body; every other method from the body. */
function parse(method: DescMethodUnary, request: FastifyRequest, query: string, body: string) {
  const path = request.params as Parameters;
  const inPath = Object.keys(path).length > 0 ? path : undefined;
  if (query !== "") return parseQuery(method.input, query, inPath);
  return body === "" ? readParameters(method.input, inPath ?? {}) : parseJson(method.input, body, inPath);
}

function queryOf({ raw }: FastifyRequest): string {
  const url = raw.url ?? "";
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at + 1);
}
