import type { Readable } from "node:stream";
import { directoryPath, joinPath } from "../artifacts/path.ts";
import { LoggiaError, notFound } from "../errors.ts";
import { type Artifact, findArtifact, listBelow } from "../store/artifacts.ts";
import { runArtifacts } from "./artifact-files.ts";
import type { Deps } from "./deps.ts";

/** A file of a folder, whose bytes are open. */
export interface ArchivedFile {
  /** Begins with the folder's own name. */
  name: string;
  /** Bytes. */
  size: number;
  modified: Date;
  bytes: Readable;
}

export interface Archive {
  /** Of the folder: its last segment, or the run's id for all that the run has. */
  name: string;
  /** In the order of their paths. The bytes of one are opened when it is asked for, and read before the next is. */
  files: AsyncIterable<ArchivedFile>;
}

/** What archives of folders are made of. */
export type ArtifactArchives = ReturnType<typeof artifactArchives>;

/** Files that are listed at a time. */
const pageSize = 1_000;

export function artifactArchives({ db, artifacts }: Deps) {
  async function* filesBelow(project: bigint, directory: string, prefix: string, first: Artifact[]) {
    for (let page = first; page.length > 0; ) {
      for (const file of page) {
        const opened = await open(project, file);
        if (opened !== undefined) yield { ...opened, name: prefix + file.path.slice(directory.length) };
      }
      const after = page.at(-1)?.path;
      page =
        page.length < pageSize ? [] : await listBelow(db, project, directory, { after, limit: pageSize });
    }
  }

  /** undefined for a file that was deleted since it was listed. */
  async function open(project: bigint, file: Artifact): Promise<Omit<ArchivedFile, "name"> | undefined> {
    for (let found: Artifact | undefined = file, attempt = 1; found !== undefined; attempt++) {
      try {
        const bytes = await artifacts.read(found.objectId);
        return { size: Number(found.size), modified: found.createdAt, bytes };
      } catch (error) {
        // Replaced or deleted: its row names other bytes, or is gone.
        const gone = error instanceof LoggiaError && error.code === "RESOURCE_DOES_NOT_EXIST";
        if (!gone || attempt > 2) throw error;
        found = await findArtifact(db, project, file.path);
      }
    }
    return undefined;
  }

  return {
    /**
     * A folder among the artifacts of a run; "" is all of them.
     * @throws RESOURCE_DOES_NOT_EXIST for an unknown run, and for a folder without files; INVALID_PARAMETER_VALUE for a bad
     * path, or when the run's artifacts are not kept here.
     */
    async ofRun(project: bigint, runId: string, path: string): Promise<Archive> {
      const below = directoryPath(path, "path");
      const { root } = await runArtifacts({ db }, project, runId);
      const directory = joinPath(root, below);
      const first = await listBelow(db, project, directory, { limit: pageSize });
      if (first.length === 0) throw notFound(`No such folder among the artifacts: '${path}'`);
      const name = below.split("/").at(-1) || runId;
      return { name, files: filesBelow(project, directory, name, first) };
    },
  };
}
