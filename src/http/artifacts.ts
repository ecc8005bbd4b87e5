import { basename } from "node:path/posix";
import type { Readable } from "node:stream";
import { create, type DescMethodUnary } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { MlflowArtifactsService } from "../../gen/mlflow/artifacts/mlflow_artifacts_pb.js";
import { projectKey } from "../auth/context-keys.ts";
import { LoggiaError } from "../errors.ts";
import type { ArtifactFile, ArtifactFiles } from "../services/artifact-files.ts";
import { missing } from "../services/context.ts";
import type { Surround } from "./call.ts";
import { type ByteRange, select } from "./conditional.ts";
import { attachment } from "./content-disposition.ts";
import { contentType } from "./content-type.ts";
import { describedRoute } from "./described-route.ts";
import { noSuchEndpoint } from "./errors.ts";
import { parameter } from "./query-parameter.ts";
import { cutWhenStalled } from "./stalled-reader.ts";
import { drain, type MinimumRate, uploadBody } from "./upload-body.ts";

export interface ArtifactRouteOptions {
  files: ArtifactFiles;
  surround: Surround;
  minimumRate?: MinimumRate;
}

const { downloadArtifact, uploadArtifact, deleteArtifact } = MlflowArtifactsService.method;

const proxied = "/api/2.0/mlflow-artifacts/artifacts/*";
const ofRun = "/get-artifact";
const ofVersion = "/model-versions/get-artifact";

/** Those of the routes that are no RPCs, as OpenAPI describes them. */
export const artifactFilePaths = {
  ...describedRoute(ofRun, {
    operationId: "GetArtifact",
    tag: MlflowArtifactsService.name,
    description: "A file among a run's artifacts.",
    query: [
      { name: "run_id", required: true },
      { name: "path", required: true },
    ],
    answers: ["application/octet-stream"],
  }),
  ...describedRoute(ofVersion, {
    operationId: "GetModelVersionArtifact",
    tag: MlflowArtifactsService.name,
    description: "A file of a version of a registered model.",
    query: ["name", "version", "path"].map((name) => ({ name, required: true })),
    answers: ["application/octet-stream"],
  }),
};

/**
 * The routes that are streams of bytes and not messages (behaviour.md §10): the proxy for `mlflow-artifacts:`, and what
 * MLflow's pages read, `/get-artifact` and `/model-versions/get-artifact`. Aliases and project prefixes have been rewritten
 * away before routing (http/rest.ts).
 */
export async function artifactRoutes(app: FastifyInstance, options: ArtifactRouteOptions): Promise<void> {
  const { files, minimumRate } = options;

  /** Does `work` as a call of `method`, in the project that the interceptors found for it. */
  const call = <T>(
    method: DescMethodUnary,
    request: FastifyRequest,
    reply: FastifyReply,
    work: (project: bigint, context: HandlerContext) => Promise<T>,
  ) =>
    options.surround(
      method,
      request,
      reply,
      () => create(method.input),
      (_message, context) => work(context.values.get(projectKey), context),
    );

  // A body is a stream of bytes, whatever its Content-Type says or fails to say.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.addHook("onRequest", async ({ headers }) => {
    delete headers["content-type"];
  });

  /** A route that answers with the file that `find` finds. */
  const download = (url: string, find: (project: bigint, request: FastifyRequest) => Promise<ArtifactFile>) =>
    app.route({
      method: ["GET", "HEAD"],
      url,
      exposeHeadRoute: false,
      async handler(request, reply) {
        const answer = await call(downloadArtifact, request, reply, (project) =>
          answerWith(request, reply, () => find(project, request)),
        );
        return send(reply, answer);
      },
    });

  download(proxied, (project, request) => files.find(project, pathOf(request)));

  app.put(proxied, async (request, reply) => {
    try {
      await call(uploadArtifact, request, reply, (project) =>
        files.upload(project, pathOf(request), () => uploadBody(request.raw, minimumRate)),
      );
    } catch (error) {
      drain(request.raw);
      throw error;
    }
    return reply.send({});
  });

  app.delete(proxied, async (request, reply) => {
    await call(deleteArtifact, request, reply, (_project, context) => files.remove(context, pathOf(request)));
    return reply.send({});
  });

  download(ofRun, async (project, request) => {
    const runId = parameter(request, "run_id") ?? parameter(request, "run_uuid");
    const path = parameter(request, "path");
    if (!runId) throw missing("run_id");
    if (!path) throw missing("path");
    return files.findOfRun(project, runId, path);
  });

  download(ofVersion, async (project, request) => {
    const name = parameter(request, "name");
    const version = parameter(request, "version");
    const path = parameter(request, "path");
    if (!name) throw missing("name");
    if (!version) throw missing("version");
    if (!path) throw missing("path");
    return files.findOfVersion(project, name, version, path);
  });
}

/** The path that the router found, percent-decoded once. @throws ENDPOINT_NOT_FOUND when there is none, as MLflow has no such route */
function pathOf(request: FastifyRequest): string {
  const { "*": path } = request.params as { "*": string };
  if (path === "") throw noSuchEndpoint(request);
  return path;
}

interface Answer {
  status: number;
  headers: Record<string, string | number>;
  /** Absent for HEAD and for a status without one. */
  body: Readable | undefined;
}

/** The answer with a file, or with the part of it that the request selects; its bytes are open, but nothing is sent yet. */
async function answerWith(
  request: FastifyRequest,
  reply: FastifyReply,
  find: () => Promise<ArtifactFile>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const file = await find();
    const etag = `"${file.sha256}"`;
    const selection = select(request.headers, { etag, modified: file.modified, size: file.size });
    if (selection.status === 416) throw beyondEnd(reply, file.size);
    const range = selection.status === 206 ? selection.range : undefined;
    const isPreview = parameter(request, "preview") === "true";
    try {
      const bodyless = selection.status === 304 || request.method === "HEAD";
      const body = bodyless ? undefined : await file.open(range);
      return {
        status: selection.status,
        headers: {
          etag,
          ...commonHeaders(file),
          ...(selection.status !== 304 && bodyHeaders(file, range)),
          ...(isPreview && previewHeaders(file)),
        },
        body,
      };
    } catch (error) {
      // Replaced between the look at its row and the look at its bytes: the row now names other bytes.
      const gone = error instanceof LoggiaError && error.code === "RESOURCE_DOES_NOT_EXIST";
      if (!gone || attempt > 1) throw error;
    }
  }
}

function beyondEnd(reply: FastifyReply, size: number): LoggiaError {
  reply.header("content-range", `bytes */${size}`);
  return new LoggiaError(
    "INVALID_PARAMETER_VALUE",
    `The range starts beyond the end of the artifact, which has ${size} bytes.`,
    { status: 416 },
  );
}

/** An artifact is always a download, and a browser that shows it all the same gives it no rights (security.md §2.5). */
const commonHeaders = (file: ArtifactFile) => ({
  "last-modified": file.modified.toUTCString(),
  "accept-ranges": "bytes",
  "cache-control": "private, no-cache, no-transform",
  "content-disposition": attachment(basename(file.path)),
  "content-security-policy": "sandbox; default-src 'none'",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
});

/** The styles of a document, and pictures that it holds itself, are shown; it runs nothing and loads nothing. */
const previewPolicy =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'";

/**
 * With `preview=true` an artifact is shown in a frame of our pages instead of downloaded, and HTML as what it is: as a
 * document of no origin, without scripts (security.md §2.5).
 */
const previewHeaders = ({ path }: ArtifactFile) => ({
  "content-disposition": "inline",
  "content-security-policy": previewPolicy,
  ...(/\.html?$/i.test(path) && { "content-type": "text/html; charset=utf-8" }),
});

const bodyHeaders = (file: ArtifactFile, range: ByteRange | undefined) => ({
  "content-type": contentType(basename(file.path)),
  "content-length": range ? range.end - range.start : file.size,
  ...(range && { "content-range": `bytes ${range.start}-${range.end - 1}/${file.size}` }),
});

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  cutWhenStalled(reply.raw);
  return reply.code(status).headers(headers).send(body);
}
