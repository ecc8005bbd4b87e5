import type { Readable } from "node:stream";

/** What was stored: how many bytes, and their SHA-256 (32 bytes). */
export interface StoredObject {
  size: bigint;
  sha256: Uint8Array;
}

/**
 * Where artifact bytes live. An object is immutable, has a UUID of our own choosing as its id, and is invisible until a row
 * of store/artifacts.ts names it; what callers call a path never reaches this interface (security.md §2).
 */
export interface ArtifactStore {
  /** Streams `body` into a new object with back-pressure; resolves once it is durable. A failing body leaves nothing. */
  write(objectId: string, body: Readable): Promise<StoredObject>;
  /** The object's bytes, or those of `[start, end)`. @throws RESOURCE_DOES_NOT_EXIST when there is no such object. */
  read(objectId: string, range?: { start: number; end: number }): Promise<Readable>;
  /** Removes objects, and what is left of unfinished ones; those already gone are no error. */
  delete(objectIds: readonly string[]): Promise<void>;
}
