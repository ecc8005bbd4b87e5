import { Readable } from "node:stream";
import { create } from "@bufbuild/protobuf";
import { makeZip } from "client-zip";
import type { FastifyInstance } from "fastify";
import { MlflowArtifactsService } from "../../gen/mlflow/artifacts/mlflow_artifacts_pb.js";
import { projectKey } from "../auth/context-keys.ts";
import type { ArtifactArchives } from "../services/artifact-archive.ts";
import { missing } from "../services/context.ts";
import { keepingScope } from "../store/scope.ts";
import type { Surround } from "./call.ts";
import { attachment } from "./content-disposition.ts";
import { describedRoute } from "./described-route.ts";
import { parameter } from "./query-parameter.ts";
import { cutWhenStalled } from "./stalled-reader.ts";

const path = "/api/1.0/loggia/artifacts/archive";

/** The route, as OpenAPI describes it. */
export const artifactArchivePath = describedRoute(path, {
  operationId: "ArtifactArchive",
  tag: "MlflowArtifactsService",
  description: "A folder of a run's artifacts as a ZIP file.",
  query: [
    { name: "run_id", required: true },
    { name: "path", description: "The folder, below the run's artifacts; all of them when absent." },
  ],
  answers: ["application/zip"],
});

export interface ArtifactArchiveOptions {
  archives: ArtifactArchives;
  surround: Surround;
}

/**
 * A folder of a run's artifacts as a ZIP file, made while it is sent: of any size (ZIP64), in little memory, and not
 * compressed, since what is large among artifacts mostly is already. As far as permissions go it is a download.
 */
export async function artifactArchiveRoute(
  app: FastifyInstance,
  { archives, surround }: ArtifactArchiveOptions,
): Promise<void> {
  const { downloadArtifact } = MlflowArtifactsService.method;
  app.route({
    method: "GET",
    url: path,
    exposeHeadRoute: false,
    async handler(request, reply) {
      const { name, files } = await surround(
        downloadArtifact,
        request,
        reply,
        () => create(downloadArtifact.input),
        async (_message, context) => {
          const runId = parameter(request, "run_id");
          if (!runId) throw missing("run_id");
          const path = parameter(request, "path") ?? "";
          const archive = await archives.ofRun(context.values.get(projectKey), runId, path);
          // The files are asked for when the interceptors that set the scope are done.
          return { ...archive, files: keepingScope(archive.files) };
        },
      );
      cutWhenStalled(reply.raw);
      reply.headers({
        "content-type": "application/zip",
        "content-disposition": attachment(`${name}.zip`),
        "cache-control": "private, no-store",
        "content-security-policy": "sandbox; default-src 'none'",
      });
      // What fails in the middle cuts the answer short, which its reader can tell from an end.
      return reply.send(zipOf(files));
    },
  });
}

type Files = Awaited<ReturnType<ArtifactArchives["ofRun"]>>["files"];

/** The bytes of a ZIP file. client-zip forgets the file that it is reading when nobody takes them any more, so it is closed here. */
function zipOf(files: Files): Readable {
  let current: Readable | undefined;
  let isOver = false;
  async function* entries() {
    for await (const { name, size, modified, bytes } of files) {
      current = bytes;
      if (isOver) bytes.destroy();
      yield { name, size, lastModified: modified, input: bytes };
    }
  }
  const zip = Readable.fromWeb(makeZip(entries()) as import("node:stream/web").ReadableStream);
  return zip.once("close", () => {
    isOver = true;
    current?.destroy();
  });
}
