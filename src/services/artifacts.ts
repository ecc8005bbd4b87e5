import type { ServiceImpl } from "@connectrpc/connect";
import type { MlflowArtifactsService } from "../../gen/mlflow/artifacts/mlflow_artifacts_pb.js";
import type { MlflowService } from "../../gen/mlflow/service_pb.js";
import { directoryPath, joinPath } from "../artifacts/path.ts";
import { type Entry, listDirectory } from "../store/artifacts.ts";
import { runArtifacts } from "./artifact-files.ts";
import { project, required } from "./context.ts";
import type { Deps } from "./deps.ts";

/** The artifacts of a run (behaviour.md §10): one level, sorted by path; paths are relative to the run's root. */
export const artifacts = ({ db }: Deps) =>
  ({
    async listArtifacts(req, ctx) {
      const runId = required(req, "run_id", "run_uuid");
      const directory = directoryPath(req.path, "path");
      const { uri, root } = await runArtifacts({ db }, project(ctx), runId);
      const entries = await listDirectory(db, project(ctx), joinPath(root, directory));
      return { rootUri: uri, files: entries.map((entry) => toFileInfo(entry, directory)) };
    },
  }) satisfies Partial<ServiceImpl<typeof MlflowService>>;

/** The artifacts of the project, for clients that resolve `mlflow-artifacts:` by themselves: paths are base names. */
export const proxiedArtifacts = ({ db }: Deps) =>
  ({
    async listArtifacts(req, ctx) {
      const directory = directoryPath(req.path, "path");
      const entries = await listDirectory(db, project(ctx), directory);
      return { files: entries.map((entry) => toFileInfo(entry, "")) };
    },
  }) satisfies Partial<ServiceImpl<typeof MlflowArtifactsService>>;

/** An empty file has no size in MLflow's listings (behaviour.md §3). */
export const toFileInfo = ({ name, size }: Entry, directory: string) => ({
  path: joinPath(directory, name),
  isDir: size === undefined,
  ...(size !== undefined && size > 0n && { fileSize: size }),
});
