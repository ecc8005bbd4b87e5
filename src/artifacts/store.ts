import type { Readable } from "node:stream";

/** A stored object: where it is, how many bytes it has, and their SHA-256 (32 bytes). */
export interface StoredObject {
  objectId: string;
  size: bigint;
  sha256: Uint8Array;
}

/**
 * Where artifact bytes live. An object is immutable, has an id of the store's own choosing, and is invisible until a row
 * of store/artifacts.ts names it; what callers call a path never reaches this interface (security.md §2).
 */
export interface ArtifactStore {
  /** Streams `body` into a new object with back-pressure; resolves once it is durable. A failing body leaves nothing. */
  write(body: Readable): Promise<StoredObject>;
  /** The object's bytes, or those of `[start, end)`. @throws RESOURCE_DOES_NOT_EXIST when there is no such object. */
  read(objectId: string, range?: { start: number; end: number }): Promise<Readable>;
  /** Removes objects; those already gone are no error. */
  delete(objectIds: readonly string[]): Promise<void>;
  /** Every object, in no order; lets the sweeper find those that no row names. */
  list(): AsyncIterable<{ objectId: string; modified: Date }>;
}
