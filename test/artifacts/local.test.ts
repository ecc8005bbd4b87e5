import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, describe, expect, it } from "vitest";
import { localArtifacts } from "../../src/artifacts/local.ts";
import { artifactStoreSuite } from "./suite.ts";

const roots: string[] = [];
const newRoot = async () => {
  const root = await mkdtemp(join(tmpdir(), "loggia-local-"));
  roots.push(root);
  return root;
};
afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true, force: true });
});

artifactStoreSuite("the local store", async () => localArtifacts(await newRoot()));

describe("the local store on its disk", () => {
  it("makes its root, for the server's account alone", async () => {
    const root = join(await newRoot(), "below", "artifacts");
    localArtifacts(root);
    expect((await stat(root)).mode & 0o777).toBe(0o700);
  });

  it("keeps an object in a directory of the first two digits of its id, for the server's account alone", async () => {
    const root = await newRoot();
    const objectId = randomUUID();
    await localArtifacts(root).write(objectId, Readable.from([Buffer.from("x")]));
    const file = await stat(join(root, objectId.slice(0, 2), objectId));
    expect(file.mode & 0o777).toBe(0o600);
    expect(await readdir(join(root, "incoming"))).toEqual([]);
  });

  it("is a clear 503 when it cannot write", async () => {
    const root = await newRoot();
    const store = localArtifacts(root);
    // A file in the place of the directory is refused to root as well, whom permissions would not stop.
    await rm(join(root, "incoming"), { recursive: true });
    await writeFile(join(root, "incoming"), "");
    await expect(store.write(randomUUID(), Readable.from([Buffer.from("x")]))).rejects.toMatchObject({
      code: "TEMPORARILY_UNAVAILABLE",
      message: "The artifact store cannot be written at the moment, so the file was not stored.",
    });
  });

  it("deletes what a crash left of an unfinished write", async () => {
    const root = await newRoot();
    const store = localArtifacts(root);
    const partial = "0190aaaa-0000-4000-8000-000000000000";
    await writeFile(join(root, "incoming", partial), "half");
    await store.delete([partial]);
    expect(await readdir(join(root, "incoming"))).toEqual([]);
  });
});
