import { createHash, randomBytes, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { ArtifactStore } from "../../src/artifacts/store.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Stores bytes as a new object. */
async function stored(store: ArtifactStore, bytes: Uint8Array): Promise<string> {
  const objectId = randomUUID();
  await store.write(objectId, Readable.from([bytes]));
  return objectId;
}

const expectAbsent = (store: ArtifactStore, objectId: string) =>
  expect(store.read(objectId)).rejects.toMatchObject({ code: "RESOURCE_DOES_NOT_EXIST" });

/** What every ArtifactStore promises, whatever it keeps its bytes in. `open` makes a new, empty one. */
export function artifactStoreSuite(name: string, open: () => Promise<ArtifactStore>): void {
  describe(`${name} keeps objects`, () => {
    it("gives back the bytes that were written, with their size and SHA-256", async () => {
      const store = await open();
      const bytes = randomBytes(1_000_003);
      const objectId = randomUUID();
      const object = await store.write(objectId, Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]));
      expect(object.size).toBe(1_000_003n);
      expect(Buffer.from(object.sha256).toString("hex")).toBe(sha256(bytes));
      expect(sha256(await buffer(await store.read(objectId)))).toBe(sha256(bytes));
    });

    it("keeps an object of no bytes", async () => {
      const store = await open();
      const objectId = randomUUID();
      const object = await store.write(objectId, Readable.from([]));
      expect(object.size).toBe(0n);
      expect(await buffer(await store.read(objectId))).toHaveLength(0);
    });

    it.each([
      [0, 1],
      [0, 10],
      [3, 7],
      [9, 10],
      [4, 4],
    ])("reads the bytes from %i up to and without %i", async (start, end) => {
      const store = await open();
      const bytes = Buffer.from("0123456789");
      const objectId = await stored(store, bytes);
      expect(await buffer(await store.read(objectId, { start, end }))).toEqual(bytes.subarray(start, end));
    });

    it("keeps two objects with the same bytes apart", async () => {
      const store = await open();
      const [one, two] = [await stored(store, Buffer.from("same")), await stored(store, Buffer.from("same"))];
      await store.delete([one]);
      await expectAbsent(store, one);
      expect(await buffer(await store.read(two))).toEqual(Buffer.from("same"));
    });

    it("fails with the error of a body that fails, and keeps nothing of it", async () => {
      const store = await open();
      const body = Readable.from(
        (async function* () {
          yield randomBytes(300_000);
          throw new Error("the line is cut");
        })(),
      );
      const objectId = randomUUID();
      await expect(store.write(objectId, body)).rejects.toThrow("the line is cut");
      await expectAbsent(store, objectId);
    });

    it("outlives a body that fails before it is read from", async () => {
      const store = await open();
      const body = new Readable({ read() {} });
      const objectId = randomUUID();
      const written = store.write(objectId, body);
      // An error that nobody listens for ends a process of Node.
      expect(body.listenerCount("error")).toBeGreaterThan(0);
      body.destroy(new Error("gone at once"));
      await expect(written).rejects.toThrow("gone at once");
      await expectAbsent(store, objectId);
    });

    it("keeps nothing of a body that is destroyed half-way", async () => {
      const store = await open();
      const body = new Readable({ read() {} });
      const objectId = randomUUID();
      const written = store.write(objectId, body);
      body.push(randomBytes(100_000), undefined);
      body.destroy(new Error("gone"));
      await expect(written).rejects.toThrow("gone");
      await expectAbsent(store, objectId);
    });

    it("says that a deleted object does not exist, and deletes it again without complaint", async () => {
      const store = await open();
      const objectId = await stored(store, Buffer.from("x"));
      await store.delete([objectId]);
      await store.delete([objectId]);
      await expectAbsent(store, objectId);
    });

    it("lets a reader who has begun finish, though the object is deleted meanwhile", async () => {
      const store = await open();
      const bytes = randomBytes(3_000_000);
      const objectId = await stored(store, bytes);
      const reading = await store.read(objectId);
      await store.delete([objectId]);
      expect(sha256(await buffer(reading))).toBe(sha256(bytes));
    });

    it("refuses an id that is no UUID, so that no path can be smuggled in", async () => {
      const store = await open();
      for (const id of ["../../etc/passwd", "", "..", "A0000000-0000-0000-0000-000000000000/../x"]) {
        await expect(async () => store.read(id)).rejects.toThrow("UUID");
        await expect(async () => store.write(id, Readable.from([]))).rejects.toThrow("UUID");
        await expect(async () => store.delete([id])).rejects.toThrow("UUID");
      }
    });
  });
}
