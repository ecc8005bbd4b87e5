import { Readable } from "node:stream";
import { invalid, type LoggiaError } from "../errors.ts";
import { artifactBytes } from "../store/artifact-usage.ts";
import { findArtifact } from "../store/artifacts.ts";
import type { Deps } from "./deps.ts";
import { artifactQuota } from "./quotas.ts";

/** What a file may have at a moment, where its project has a quota of artifact bytes. */
export interface ArtifactRoom {
  /** Bytes of all artifacts of the project. */
  quota: bigint;
  /** Bytes of this one. */
  most: bigint;
  /** The error for a file that does not fit. @param used bytes of all artifacts without it. */
  full(used?: bigint): LoggiaError;
}

/** The room for a file at `path`, which may take the place of another one; undefined where there is no quota. */
export async function roomForArtifact(
  db: Deps["db"],
  project: bigint,
  path: string,
): Promise<ArtifactRoom | undefined> {
  const quota = await artifactQuota(db, project);
  if (quota === undefined) return undefined;
  const [used, replaced] = await Promise.all([
    artifactBytes(db, project),
    findArtifact(db, project, path).then((found) => found?.size ?? 0n),
  ]);
  const free = quota > used ? quota - used : 0n;
  return { quota, most: free + replaced, full: (now = used) => artifactsFull(quota, now) };
}

/** The body as long as there is room for it: a client that sends more than fits must not fill the disk before it hears so. */
export function within(room: ArtifactRoom, body: Readable): Readable {
  async function* fitting() {
    let size = 0n;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += BigInt(chunk.length);
      if (size > room.most) throw room.full();
      yield chunk;
    }
  }
  return Readable.from(fitting(), { objectMode: false });
}

const artifactsFull = (quota: bigint, used: bigint): LoggiaError =>
  invalid(
    `The quota of the project is full: its artifacts may have ${quota} bytes and have ${used}, so this file does not fit. Artifacts of deleted runs count until those are purged.`,
  );
