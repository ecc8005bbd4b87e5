import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { LoggiaError, notFound } from "../errors.ts";
import type { ArtifactStore, StoredObject } from "./store.ts";

/** Where objects lie while they are being written; what a crash leaves here is garbage like any other. */
const incoming = "incoming";

const readChunk = 256 * 1024;

/**
 * Objects as files on a local disk, `<root>/<first two digits>/<uuid>`, readable by the server's own account only. An
 * object is written beside its place, synced, and renamed into it, so a crash at any point leaves either the whole object or
 * a part of it that `delete` finds (reliability.md §2).
 * @param root made when absent; on one file system.
 */
export function localArtifacts(root: string): ArtifactStore {
  mkdirSync(join(root, incoming), { recursive: true, mode: 0o700 });
  const known = new Set<string>();

  const place = (objectId: string) => join(root, checked(objectId).slice(0, 2), objectId);

  /** Makes the directory of an object, durably, the first time that this process needs it. */
  async function makeDirectory(directory: string): Promise<void> {
    if (known.has(directory)) return;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await syncDirectory(dirname(directory));
    known.add(directory);
  }

  async function write(objectId: string, body: Readable): Promise<StoredObject> {
    // A body may fail before it is read from; without a listener that would end the process. Reading it reports it.
    body.on("error", () => {});
    const whole = place(objectId);
    const partial = join(root, incoming, objectId);
    const file = await open(partial, "wx", 0o600).catch(unwritable);
    try {
      const written = await copy(body, file);
      await file.sync().catch(unwritable);
      await file.close();
      await makeDirectory(dirname(whole)).catch(unwritable);
      await rename(partial, whole).catch(unwritable);
      await syncDirectory(dirname(whole)).catch(unwritable);
      return written;
    } catch (error) {
      await file.close().catch(() => {});
      await remove([partial, whole]).catch(() => {});
      throw error;
    }
  }

  async function read(objectId: string, range?: { start: number; end: number }): Promise<Readable> {
    if (range !== undefined && range.start >= range.end) return Readable.from([]);
    const file = await open(place(objectId)).catch((error: unknown) => {
      if (errno(error) === "ENOENT")
        throw notFound("The bytes of this artifact are gone from the artifact store.");
      throw unavailable("The artifact store cannot be read at the moment.", error);
    });
    return file.createReadStream({
      highWaterMark: readChunk,
      ...(range && { start: range.start, end: range.end - 1 }),
    });
  }

  return {
    write,
    read,
    delete: (objectIds) => remove(objectIds.flatMap((id) => [place(id), join(root, incoming, id)])),
  };
}

/** Writes the whole of `body` to `file`, one chunk at a time, and says what it was. */
async function copy(body: Readable, file: FileHandle): Promise<StoredObject> {
  const hash = createHash("sha256");
  let size = 0n;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, done).catch(unwritable);
      done += bytesWritten;
    }
    size += BigInt(chunk.length);
  }
  return { size, sha256: hash.digest() };
}

/** Makes the entries of a directory durable. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function remove(paths: readonly string[]): Promise<void> {
  for (const path of paths) await unlink(path).catch(ignoreAbsent);
}

const isObjectId = (name: string) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(name);

/** Object ids are our own; one that does not look like it must not become a path. */
function checked(objectId: string): string {
  if (!isObjectId(objectId)) throw new Error("An object id is a UUID in lower case.");
  return objectId;
}

const errno = (error: unknown) => (error instanceof Error && "code" in error ? error.code : undefined);

function ignoreAbsent(error: unknown): undefined {
  if (errno(error) !== "ENOENT") throw error;
}

const unavailable = (message: string, cause: unknown) =>
  new LoggiaError("TEMPORARILY_UNAVAILABLE", message, { cause, retryAfter: 30 });

/** Turns what a disk may answer to a write into the sentence that an uploader can act on. */
function unwritable(error: unknown): never {
  const code = errno(error);
  const full = code === "ENOSPC" || code === "EDQUOT";
  throw unavailable(
    full
      ? "The artifact store is full, so the file was not stored."
      : "The artifact store cannot be written at the moment, so the file was not stored.",
    error,
  );
}
