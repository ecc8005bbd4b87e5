import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { joinPath } from "../../src/artifacts/path.ts";
import { expectObject } from "../../src/store/artifact-garbage.ts";
import { deleteArtifacts, findArtifact, listDirectory, putArtifact } from "../../src/store/artifacts.ts";
import { testDatabase, testProject } from "../support/database.ts";

const { db, owner } = await testDatabase();

const object = (size = 1n) => ({ size, sha256: Buffer.alloc(32, 7), objectId: randomUUID() });

/** Publishes an object that was expected, as an upload does. */
async function put(
  project: bigint,
  artifact: Parameters<typeof putArtifact>[2],
): Promise<string | undefined> {
  await expectObject(db, project, artifact.objectId);
  return putArtifact(db, project, artifact);
}

async function projectWith(...paths: string[]): Promise<bigint> {
  const project = await testProject(db);
  for (const path of paths) await put(project, { path, ...object() });
  return project;
}

const listing = async (project: bigint, directory: string) =>
  (await listDirectory(db, project, directory)).map(({ name, size }) =>
    size === undefined ? `${name}/` : name,
  );

describe("a row of an artifact", () => {
  it("is found by exactly its path, in its own project only", async () => {
    const [project, other] = [await testProject(db), await testProject(db)];
    const { size, sha256, objectId } = object(5n);
    await put(project, { path: "a/b", size, sha256, objectId });
    expect(await findArtifact(db, project, "a/b")).toMatchObject({ path: "a/b", size, sha256, objectId });
    expect(await findArtifact(db, project, "a")).toBeUndefined();
    expect(await findArtifact(db, project, "a/b/")).toBeUndefined();
    expect(await findArtifact(db, other, "a/b")).toBeUndefined();
  });

  it("gives up the object that it named when it is put again", async () => {
    const project = await testProject(db);
    const [first, second] = [object(1n), object(2n)];
    expect(await put(project, { path: "a", ...first })).toBeUndefined();
    expect(await put(project, { path: "a", ...second })).toBe(first.objectId);
    expect((await findArtifact(db, project, "a"))?.size).toBe(2n);
  });

  it("cannot be where a directory is, nor below a file", async () => {
    const project = await projectWith("a/b/c");
    for (const path of ["a", "a/b"])
      await expect(put(project, { path, ...object() })).rejects.toMatchObject({
        code: "INVALID_PARAMETER_VALUE",
        message: `Invalid artifact path '${path}': it is a directory.`,
      });
    await expect(put(project, { path: "a/b/c/d/e", ...object() })).rejects.toMatchObject({
      code: "INVALID_PARAMETER_VALUE",
      message: "Invalid artifact path 'a/b/c/d/e': 'a/b/c' is a file, so nothing can be below it.",
    });
    expect(await listing(project, "a/b")).toEqual(["c"]);
  });

  it("is not in the way of names that only begin like it", async () => {
    const project = await projectWith("a/b", "a-b", "a.b", "a0", "ab/c");
    await put(project, { path: "a!", ...object() });
    expect(await listing(project, "")).toEqual(["a/", "a!", "a-b", "a.b", "a0", "ab/"]);
  });

  it("never becomes a file and a directory at once, however many write at the same time", async () => {
    const project = await testProject(db);
    for (let round = 0; round < 20; round++) {
      const paths = [`r${round}`, `r${round}/a`, `r${round}/a/b`, `r${round}/c`];
      await Promise.allSettled(paths.map((path) => put(project, { path, ...object() })));
    }
    const rows = await db.selectFrom("artifacts").select("path").where("project_id", "=", project).execute();
    const paths = rows.map((row) => row.path);
    expect(paths.filter((path) => paths.some((other) => other.startsWith(`${path}/`)))).toEqual([]);
    expect(paths.length).toBeGreaterThanOrEqual(20);
  });

  it("names one whole object after concurrent puts, and every other object is given up once", async () => {
    const project = await testProject(db);
    const objects = Array.from({ length: 20 }, () => object());
    const replaced = await Promise.all(objects.map((one) => put(project, { path: "x", ...one })));
    const kept = await findArtifact(db, project, "x");
    const all = [...replaced.filter((id) => id !== undefined), kept?.objectId];
    expect(all.sort()).toEqual(objects.map((one) => one.objectId).sort());
  });
});

describe("deleting", () => {
  it("takes a directory with all that is below it, and nothing beside it", async () => {
    const project = await projectWith("a/b/c", "a/b/d/e", "a/bc", "a/b0", "a-b");
    expect(await deleteArtifacts(db, project, "a/b")).toHaveLength(2);
    expect(await listing(project, "a")).toEqual(["b0", "bc"]);
    expect(await listing(project, "")).toEqual(["a/", "a-b"]);
  });

  it("takes a single file, and nothing when there is nothing", async () => {
    const project = await projectWith("a/b");
    expect(await deleteArtifacts(db, project, "a/b")).toHaveLength(1);
    expect(await deleteArtifacts(db, project, "a/b")).toEqual([]);
  });

  it("does not reach into another project", async () => {
    const [project, other] = [await projectWith("a/b"), await projectWith("a/b")];
    await deleteArtifacts(db, project, "a");
    expect(await listing(other, "")).toEqual(["a/"]);
  });
});

describe("a directory", () => {
  it("shows files with their sizes and directories without, sorted by code point", async () => {
    const project = await testProject(db);
    for (const [path, size] of [
      ["b", 0n],
      ["a/z", 1n],
      ["B", 2n],
      ["ü", 3n],
      ["z", 4n],
    ] as const)
      await put(project, { path, ...object(size) });
    expect(await listDirectory(db, project, "")).toEqual([
      { name: "B", size: 2n },
      { name: "a", size: undefined },
      { name: "b", size: 0n },
      { name: "z", size: 4n },
      { name: "ü", size: 3n },
    ]);
  });

  it("is empty when it is a file, or is not there", async () => {
    const project = await projectWith("a/b");
    expect(await listDirectory(db, project, "a/b")).toEqual([]);
    expect(await listDirectory(db, project, "c")).toEqual([]);
    expect(await listDirectory(db, await testProject(db), "")).toEqual([]);
  });

  it("lists what a plain reading of all paths would", async () => {
    const segment = fc.constantFrom("a", "b", "a-", "a.", "a0", "ä", "!", "%", "_", "🦊");
    const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join("/"));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(path, { maxLength: 12 }), path, async (paths, asked) => {
        const project = await testProject(db);
        const stored: string[] = [];
        for (const one of paths) {
          await put(project, { path: one, ...object() }).then(
            () => stored.push(one),
            () => {},
          );
        }
        for (const directory of ["", asked]) {
          const below = stored.filter((one) => one.startsWith(joinPath(directory, "x").slice(0, -1)));
          const names = below.map((one) => {
            const [name = "", ...rest] = one.slice(directory === "" ? 0 : directory.length + 1).split("/");
            return rest.length > 0 ? `${name}/` : name;
          });
          expect(new Set(await listing(project, directory))).toEqual(new Set(names));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("costs as much as it has children, not as much as is below them", async () => {
    const project = await testProject(db);
    await sql`
      insert into artifacts (project_id, path, size, sha256, object_id)
      select ${project}, 'd' || dir || '/' || file, 1, 'x', gen_random_uuid()
      from generate_series(1, 3) dir, generate_series(1, 10000) file`.execute(db);
    await sql`analyze artifacts`.execute(owner);
    const before = await indexReads();
    expect(await listing(project, "")).toEqual(["d1/", "d2/", "d3/"]);
    const reads = (await indexReads()) - before;
    expect(reads).toBeGreaterThanOrEqual(3n);
    expect(reads).toBeLessThan(50n);
  });
});

/** Entries that scans of the primary key of artifacts have read so far, by this connection's transactions and those before. */
async function indexReads(): Promise<bigint> {
  await sql`select pg_stat_force_next_flush()`.execute(db);
  const { rows } = await sql<{ reads: bigint }>`
    select idx_tup_read as reads from pg_stat_all_indexes where indexrelname = 'artifacts_pkey'`.execute(db);
  return rows[0]?.reads ?? 0n;
}
