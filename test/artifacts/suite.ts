import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { ArtifactStore } from "../../src/artifacts/store.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const ids = async (store: ArtifactStore) =>
  (await Array.fromAsync(store.list())).map((object) => object.objectId);

/** What every ArtifactStore promises, whatever it keeps its bytes in. `open` makes a new, empty one. */
export function artifactStoreSuite(name: string, open: () => Promise<ArtifactStore>): void {
  describe(`${name} keeps objects`, () => {
    it("gives back the bytes that were written, with their size and SHA-256", async () => {
      const store = await open();
      const bytes = randomBytes(1_000_003);
      const object = await store.write(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]));
      expect(object.size).toBe(1_000_003n);
      expect(Buffer.from(object.sha256).toString("hex")).toBe(sha256(bytes));
      expect(sha256(await buffer(await store.read(object.objectId)))).toBe(sha256(bytes));
    });

    it("keeps an object of no bytes", async () => {
      const store = await open();
      const object = await store.write(Readable.from([]));
      expect(object.size).toBe(0n);
      expect(await buffer(await store.read(object.objectId))).toHaveLength(0);
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
      const { objectId } = await store.write(Readable.from([bytes]));
      expect(await buffer(await store.read(objectId, { start, end }))).toEqual(bytes.subarray(start, end));
    });

    it("gives two objects with the same bytes different ids", async () => {
      const store = await open();
      const one = await store.write(Readable.from([Buffer.from("same")]));
      const two = await store.write(Readable.from([Buffer.from("same")]));
      expect(one.objectId).not.toBe(two.objectId);
    });

    it("fails with the error of a body that fails, and keeps nothing of it", async () => {
      const store = await open();
      const body = Readable.from(
        (async function* () {
          yield randomBytes(300_000);
          throw new Error("the line is cut");
        })(),
      );
      await expect(store.write(body)).rejects.toThrow("the line is cut");
      expect(await ids(store)).toEqual([]);
    });

    it("outlives a body that fails before it is read from", async () => {
      const store = await open();
      const body = new Readable({ read() {} });
      const written = store.write(body);
      // An error that nobody listens for ends a process of Node.
      expect(body.listenerCount("error")).toBeGreaterThan(0);
      body.destroy(new Error("gone at once"));
      await expect(written).rejects.toThrow("gone at once");
      expect(await ids(store)).toEqual([]);
    });

    it("keeps nothing of a body that is destroyed half-way", async () => {
      const store = await open();
      const body = new Readable({ read() {} });
      const written = store.write(body);
      body.push(randomBytes(100_000), undefined);
      body.destroy(new Error("gone"));
      await expect(written).rejects.toThrow("gone");
      expect(await ids(store)).toEqual([]);
    });

    it("says that a deleted object does not exist, and deletes it again without complaint", async () => {
      const store = await open();
      const { objectId } = await store.write(Readable.from([Buffer.from("x")]));
      await store.delete([objectId]);
      await store.delete([objectId]);
      await expect(store.read(objectId)).rejects.toMatchObject({ code: "RESOURCE_DOES_NOT_EXIST" });
    });

    it("lets a reader who has begun finish, though the object is deleted meanwhile", async () => {
      const store = await open();
      const bytes = randomBytes(3_000_000);
      const { objectId } = await store.write(Readable.from([bytes]));
      const reading = await store.read(objectId);
      await store.delete([objectId]);
      expect(sha256(await buffer(reading))).toBe(sha256(bytes));
    });

    it("lists every object with the time of its last write, and none that was deleted", async () => {
      const store = await open();
      const before = Date.now() - 2000;
      const objects = await Promise.all(
        [1, 2, 3, 4].map((n) => store.write(Readable.from([Buffer.alloc(n)]))),
      );
      const [first, ...rest] = objects.map((object) => object.objectId);
      await store.delete([String(first)]);
      const listed = await Array.fromAsync(store.list());
      expect(listed.map((object) => object.objectId).sort()).toEqual(rest.sort());
      for (const { modified } of listed) expect(modified.getTime()).toBeGreaterThan(before);
    });

    it("refuses an id that is not one of its own, so that no path can be smuggled in", async () => {
      const store = await open();
      for (const id of ["../../etc/passwd", "", "..", "A0000000-0000-0000-0000-000000000000/../x"])
        await expect(async () => store.read(id)).rejects.toThrow();
    });
  });
}
