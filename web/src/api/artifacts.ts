import { Code, ConnectError } from "@connectrpc/connect";
import { queryOptions } from "@tanstack/react-query";
import { byName } from "../format/by-name.ts";
import { mlflow } from "./mlflow.ts";

/** What has artifacts: a run, or a model that MLflow 3 logged beside it. */
export interface ArtifactSource {
  project: string;
  kind: "run" | "model";
  /** The run id, or the model id. */
  id: string;
  /** `mlflow-artifacts:/0/…/artifacts`, or an address of another store. */
  uri: string;
}

export interface Artifact {
  /** From the source's root, without a slash at either end. */
  path: string;
  name: string;
  isFolder: boolean;
  /** Bytes; of folders 0. */
  size: number;
}

/** Whether this server keeps them; else a client has to ask their own store. */
export const isKeptHere = ({ uri }: ArtifactSource) => uri.startsWith("mlflow-artifacts:");

/** What lies in a folder: folders first. @param folder "" for the root. */
export const folderQuery = (source: ArtifactSource, folder: string) =>
  queryOptions({
    queryKey: ["artifacts", source.project, source.kind, source.id, folder],
    async queryFn({ signal }): Promise<Artifact[]> {
      const service = await mlflow(source.project);
      const { files } =
        source.kind === "run"
          ? await service.listArtifacts({ runId: source.id, path: folder }, { signal })
          : await service.listLoggedModelArtifacts(
              { modelId: source.id, artifactDirectoryPath: folder },
              { signal },
            );
      return files
        .map(({ path = "", isDir = false, fileSize = 0n }) => ({
          path,
          name: path.slice(path.lastIndexOf("/") + 1),
          isFolder: isDir,
          size: Number(fileSize),
        }))
        .sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || byName(a.name, b.name));
    },
  });

const api = (project: string) => `/api/v4/projects/${encodeURIComponent(project)}/ml/mlflow`;

/** Where the bytes of a file are. A browser that follows it downloads them, unless `preview` asks to see them in a frame. */
export function fileAddress(
  { project, kind, id, uri }: ArtifactSource,
  path: string,
  preview = false,
): string {
  const more = preview ? { preview: "true" } : {};
  if (kind === "run")
    return `${api(project)}/get-artifact?${new URLSearchParams({ run_id: id, path, ...more })}`;
  const root = uri.replace(/^mlflow-artifacts:\/*/, "");
  const whole = `${root}/${path}`.split("/").map(encodeURIComponent).join("/");
  return `${api(project)}/api/2.0/mlflow-artifacts/artifacts/${whole}${preview ? "?preview=true" : ""}`;
}

/** Where a folder of a run is as an archive, made while it is sent. There is none of a model's folders. */
export const archiveAddress = ({ project, kind, id }: ArtifactSource, path: string): string | undefined =>
  kind === "run"
    ? `${api(project)}/api/1.0/loggia/artifacts/archive?${new URLSearchParams({ run_id: id, path })}`
    : undefined;

/** The beginning of a file. */
export interface Beginning {
  text: string;
  /** Whether there is more of it. */
  isCut: boolean;
  /** Whether it is no text: not UTF-8, or with bytes that no text has. */
  isBinary: boolean;
}

/** The first bytes of a file as text. @param most bytes that are asked for. */
export const beginningQuery = (source: ArtifactSource, { path, size }: Artifact, most: number) =>
  queryOptions({
    queryKey: ["artifacts", source.project, source.kind, source.id, "text", path, size, most],
    staleTime: 60_000,
    async queryFn({ signal }): Promise<Beginning> {
      const response = await fetch(fileAddress(source, path), {
        signal,
        headers: size > most ? { range: `bytes=0-${most - 1}` } : {},
      });
      if (!response.ok) throw await failed(response);
      const found = await response.bytes();
      return decoded(found.subarray(0, most), size > most || found.length > most);
    },
  });

/** A cut may go through a character, which is then left out. */
function decoded(found: Uint8Array, isCut: boolean): Beginning {
  const isBinary = found.subarray(0, 8192).includes(0);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(found, { stream: isCut });
    return { text, isCut, isBinary };
  } catch {
    return { text: new TextDecoder("latin1").decode(found), isCut, isBinary: true };
  }
}

const codes: Record<number, Code> = {
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  404: Code.NotFound,
  429: Code.ResourceExhausted,
  503: Code.Unavailable,
};

async function failed(response: Response): Promise<ConnectError> {
  const { message = "" }: { message?: string } = await response.json().catch(() => ({}));
  return new ConnectError(message, codes[response.status] ?? Code.Internal, response.headers);
}
