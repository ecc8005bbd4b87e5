import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { HandlerContext } from "@connectrpc/connect";
import { artifactPath, directoryPath, joinPath, ownArtifactPath } from "../artifacts/path.ts";
import { invalid, LoggiaError, notFound } from "../errors.ts";
import { expectObject, forgetObjects } from "../store/artifact-garbage.ts";
import { QuotaFull } from "../store/artifact-usage.ts";
import * as store from "../store/artifacts.ts";
import { findModelVersion } from "../store/model-versions.ts";
import { roomForArtifact, within } from "./artifact-quota.ts";
import { recorded } from "./audit-trail.ts";
import { project as projectOf } from "./context.ts";
import type { Deps } from "./deps.ts";
import { runKeyText, runNotFound } from "./ids.ts";
import { absentVersion, parseVersion } from "./model-versions.ts";
import { versionLocation } from "./version-source.ts";

/** A file that a caller asked for; its bytes are opened on demand, since a HEAD or a 304 needs none. */
export interface ArtifactFile {
  /** Below the project's artifact root. */
  path: string;
  /** Bytes. */
  size: number;
  /** SHA-256, in hex. */
  sha256: string;
  modified: Date;
  /** The bytes of `[start, end)`, or all. @throws RESOURCE_DOES_NOT_EXIST when it was replaced or deleted meanwhile. */
  open(range?: { start: number; end: number }): Promise<Readable>;
}

/** What the byte routes do with artifacts: the part of MLflow's API that is streams and not messages. */
export type ArtifactFiles = ReturnType<typeof artifactFiles>;

export function artifactFiles({ db, artifacts }: Deps) {
  /** Removes garbage at once. What cannot be removed now stays written down, for artifact-garbage.ts. */
  async function discard(project: bigint, objectIds: string[]): Promise<void> {
    if (objectIds.length === 0) return;
    try {
      await artifacts.delete(objectIds);
      await forgetObjects(db, project, objectIds);
    } catch {}
  }

  async function find(project: bigint, path: string): Promise<ArtifactFile> {
    const found = await store.findArtifact(db, project, path);
    if (found === undefined) throw notFound(`No such artifact: '${path}'`);
    return {
      path,
      size: Number(found.size),
      sha256: Buffer.from(found.sha256).toString("hex"),
      modified: found.createdAt,
      open: (range) => artifacts.read(found.objectId, range),
    };
  }

  return {
    /**
     * Publishes a body as the artifact at `path`, in place of what was there. It is visible as a whole, or not at all.
     * @param body is only asked for when the path is one.
     * @throws INVALID_PARAMETER_VALUE for a path that cannot be a file, and when the project's quota is full;
     * TEMPORARILY_UNAVAILABLE when the store cannot take it; what `body` fails with.
     */
    async upload(project: bigint, path: string, body: () => Readable): Promise<void> {
      const key = artifactPath(path, "artifact_path");
      const room = await roomForArtifact(db, project, key);
      const objectId = randomUUID();
      await expectObject(db, project, objectId);
      try {
        const object = await artifacts.write(objectId, room ? within(room, body()) : body());
        const artifact = { path: key, objectId, ...object };
        const replaced = await store.putArtifact(db, project, artifact, room?.quota);
        if (replaced !== undefined) await discard(project, [replaced]);
      } catch (cause) {
        const error = room !== undefined && cause instanceof QuotaFull ? room.full(cause.used) : cause;
        // Only a refusal proves that no row names the object: a commit whose answer was lost may have happened. If it did not,
        // the object is still written down as garbage.
        const refused = error instanceof LoggiaError && error.code !== "TEMPORARILY_UNAVAILABLE";
        if (refused) await discard(project, [objectId]);
        throw error;
      }
    },

    /** The file at `path`. @throws RESOURCE_DOES_NOT_EXIST when there is none; INVALID_PARAMETER_VALUE for a bad path. */
    async find(project: bigint, path: string): Promise<ArtifactFile> {
      return find(project, artifactPath(path, "artifact_path"));
    },

    /**
     * The file at `path` among the artifacts of a run.
     * @throws RESOURCE_DOES_NOT_EXIST for an unknown run or file; INVALID_PARAMETER_VALUE for a bad path, or when the run's
     * artifacts are not kept here.
     */
    async findOfRun(project: bigint, runId: string, path: string): Promise<ArtifactFile> {
      const below = artifactPath(path, "path");
      const { root } = await runArtifacts({ db }, project, runId);
      return find(project, joinPath(root, below));
    },

    /**
     * The file at `path` below the source of a version of a registered model.
     * @throws RESOURCE_DOES_NOT_EXIST for an unknown version or file; INVALID_PARAMETER_VALUE for a version that is no
     * number, for a bad path, or when the source is not kept here.
     */
    async findOfVersion(project: bigint, name: string, version: string, path: string): Promise<ArtifactFile> {
      const number = parseVersion(version);
      const below = artifactPath(path, "path");
      const found = await findModelVersion(db, project, name, number);
      if (found === undefined) throw absentVersion(name, number);
      const uri = versionLocation(found);
      const root = ownArtifactPath(uri);
      if (root === undefined)
        throw invalid(
          `The artifacts of version ${number} of model '${name}' are not kept by this server but at '${uri}'. Use a client that has access to that location.`,
        );
      return find(project, joinPath(root, below));
    },

    /**
     * Removes a file, or a directory with all that is below it. Removing what is not there is no error.
     * @throws INVALID_PARAMETER_VALUE for a bad path, of which the project's root is one.
     */
    async remove(ctx: HandlerContext, path: string): Promise<void> {
      const key = artifactPath(directoryPath(path, "artifact_path"), "artifact_path");
      const event = { action: "artifact.delete", object: key };
      const objects = await recorded(db, ctx, event, async (tx) => {
        const deleted = await store.deleteArtifacts(tx, projectOf(ctx), key);
        return deleted.length === 0 ? undefined : deleted;
      });
      await discard(projectOf(ctx), objects ?? []);
    },
  };
}

/**
 * Where the artifacts of a run are: their URI, and their path below the project's artifact root. A location that a caller
 * chose is data: it is never opened, joined to a file's path or fetched (security.md §2.4).
 * @throws RESOURCE_DOES_NOT_EXIST for an unknown run; INVALID_PARAMETER_VALUE when its artifacts are not kept here.
 */
export async function runArtifacts(
  { db }: Pick<Deps, "db">,
  project: bigint,
  runId: string,
): Promise<{ uri: string; root: string }> {
  const uri = await store.findRunArtifactUri(db, project, runKeyText(runId));
  if (uri === undefined) throw runNotFound(runId);
  const root = ownArtifactPath(uri);
  if (root === undefined)
    throw invalid(
      `The artifacts of run '${runId}' are not kept by this server but at '${uri}'. Use a client that has access to that location.`,
    );
  return { uri, root };
}
