import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { beforeEach, describe, expect, it } from "vitest";
import { clearGarbage, expectObject, forgetObjects } from "../../src/store/artifact-garbage.ts";
import { deleteArtifacts, findArtifact, putArtifact } from "../../src/store/artifacts.ts";
import { testDatabase, testProject } from "../support/database.ts";

const { db, owner, another } = await testDatabase();

const object = () => ({ size: 1n, sha256: Buffer.alloc(32, 7), objectId: randomUUID() });

async function garbage(project?: bigint): Promise<string[]> {
  const rows = await db
    .selectFrom("artifact_garbage")
    .select(["project_id", "object_id"])
    .orderBy("since")
    .execute();
  return rows
    .filter((row) => project === undefined || row.project_id === project)
    .map((row) => row.object_id);
}

const age = () => sql`update artifact_garbage set since = since - interval '25 hours'`.execute(db);

beforeEach(async () => {
  await sql`delete from artifact_garbage`.execute(db);
});

describe("an object is written down as garbage", () => {
  it("from before its upload until it is an artifact", async () => {
    const project = await testProject(db);
    const { objectId, ...rest } = object();
    await expectObject(db, project, objectId);
    expect(await garbage()).toEqual([objectId]);
    await putArtifact(db, project, { path: "a", objectId, ...rest });
    expect(await garbage()).toEqual([]);
  });

  it("from its replacement or its deletion on, until it is forgotten", async () => {
    const project = await testProject(db);
    const [first, second] = [object(), object()];
    for (const one of [first, second]) {
      await expectObject(db, project, one.objectId);
      await putArtifact(db, project, { path: "a", ...one });
    }
    expect(await garbage()).toEqual([first.objectId]);
    await deleteArtifacts(db, project, "a");
    expect((await garbage()).sort()).toEqual([first.objectId, second.objectId].sort());
    await forgetObjects(db, project, [first.objectId, second.objectId]);
    expect(await garbage()).toEqual([]);
  });

  it("still, when its upload is refused, and what was there before is not", async () => {
    const project = await testProject(db);
    const [first, refused] = [object(), object()];
    await expectObject(db, project, first.objectId);
    await putArtifact(db, project, { path: "a", ...first });
    await expectObject(db, project, refused.objectId);
    await expect(putArtifact(db, project, { path: "a/b", ...refused })).rejects.toMatchObject({
      code: "INVALID_PARAMETER_VALUE",
    });
    expect(await garbage()).toEqual([refused.objectId]);
  });

  it("in its own project alone", async () => {
    const [project, other] = [await testProject(db), await testProject(db)];
    const one = object();
    await expectObject(db, other, one.objectId);
    await expect(putArtifact(db, project, { path: "a", ...one })).rejects.toMatchObject({
      code: "TEMPORARILY_UNAVAILABLE",
    });
    await forgetObjects(db, project, [one.objectId]);
    expect(await garbage(other)).toEqual([one.objectId]);
  });
});

describe("clearing", () => {
  it("removes what has been garbage for a day, of every project, and nothing younger", async () => {
    const [project, other] = [await testProject(db), await testProject(db)];
    const [old, oldToo, young] = [randomUUID(), randomUUID(), randomUUID()];
    await expectObject(db, project, old);
    await expectObject(db, other, oldToo);
    await age();
    await expectObject(db, project, young);
    const removed: string[] = [];
    expect(await clearGarbage(db, async (ids) => void removed.push(...ids))).toBe(2);
    expect(removed.sort()).toEqual([old, oldToo].sort());
    expect(await garbage()).toEqual([young]);
  });

  it("goes on until all of much is gone", async () => {
    const project = await testProject(db);
    await sql`
      insert into artifact_garbage (project_id, object_id)
      select ${project}, gen_random_uuid() from generate_series(1, 450)`.execute(db);
    await age();
    expect(await clearGarbage(db, async () => {})).toBe(450);
    expect(await garbage()).toEqual([]);
  });

  it("keeps written down what could not be removed", async () => {
    const project = await testProject(db);
    const objectId = randomUUID();
    await expectObject(db, project, objectId);
    await age();
    const failing = clearGarbage(db, () => Promise.reject(new Error("the disk is away")));
    await expect(failing).rejects.toThrow("the disk is away");
    expect(await garbage()).toEqual([objectId]);
  });

  it("and the end of an upload exclude each other: it fails when its bytes are being removed", async () => {
    const project = await testProject(db);
    const late = object();
    await expectObject(db, project, late.objectId);
    await age();
    let upload: Promise<unknown> | undefined;
    await clearGarbage(db, async () => {
      upload = putArtifact(another(), project, { path: "late", ...late }).catch((error: unknown) => error);
      await untilLocked();
    });
    expect(await upload).toMatchObject({ code: "TEMPORARILY_UNAVAILABLE" });
    expect(await findArtifact(db, project, "late")).toBeUndefined();
  });

  it("leaves alone what another server is removing", async () => {
    const project = await testProject(db);
    await expectObject(db, project, randomUUID());
    await age();
    const other = another();
    let meanwhile: number | undefined;
    const removed = await clearGarbage(db, async () => {
      meanwhile = await clearGarbage(other, async () => {});
    });
    expect([removed, meanwhile]).toEqual([1, 0]);
  });
});

/** Some session waits for a row that another one holds. */
async function untilLocked(): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      owner,
    );
    if (rows.length > 0) return;
  }
}
