import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, expect, inject, it } from "vitest";
import { gc } from "../../src/services/purge.ts";
import { findRun, moveRun } from "../../src/store/runs.ts";
import { findUsage } from "../../src/store/usage.ts";
import { testDatabase, testProject } from "../support/database.ts";
import { fullRun, rowsWith, storeAt } from "../support/full-project.ts";
import { until } from "../support/until.ts";

const { db, name } = await testDatabase();
const home = await mkdtemp(join(tmpdir(), "loggia-purge-killed-"));
const artifacts = join(home, "artifacts");
const deps = { db, artifacts: storeAt(artifacts) };
const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(home, { recursive: true, force: true });
});

const program = new URL("../../src/main.ts", import.meta.url).pathname;

/** The real server in a process of its own, on this file's database; it purges as soon as it has started. */
function serve(): { kill(): Promise<void> } {
  const { host, user } = inject("cluster");
  const database = `postgres:///${name}?host=${encodeURIComponent(host)}&user=${user}`;
  const args = [program, "serve", "--port", "0", "--database-url", database, "--artifacts", artifacts];
  const child = spawn(process.execPath, args, {
    cwd: home,
    env: { PATH: process.env.PATH },
    stdio: "ignore",
  });
  children.push(child);
  return {
    async kill() {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
}

const objects = async () =>
  (await readdir(artifacts, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    .length;

it("a server killed in the middle of the purge of a large run leaves what the next sweep finishes, and nothing of others is gone", async () => {
  const [project, other] = [await testProject(db), await testProject(db)];
  await sql`update projects set retention_days = 0 where project_id = ${project}`.execute(db);
  const [gone, kept] = [await fullRun(deps, project), await fullRun(deps, project)];
  const foreign = await fullRun(deps, other);
  const points = 600_000;
  await sql`
    insert into metrics (project_id, run_key, key, step, "timestamp", value)
    select ${project}, ${gone.runKey}, 'big', i, i, i from generate_series(1, ${points}::int) i`.execute(db);
  const rows = async () => [
    await rowsWith(db, project, "run_key", [kept.runKey]),
    await rowsWith(db, other, "run_key", [foreign.runKey]),
  ];
  const untouched = await rows();
  const left = async () => (await rowsWith(db, project, "run_key", [gone.runKey])).get("metrics") ?? 0;
  const all = await left();
  await moveRun(db, project, gone.runId, "active");

  for (let kills = 0, before = all; kills < 2; kills++) {
    const { kill } = serve();
    await until("the purge is under way", async () => (await left()) < before);
    await kill();
    before = await left();
    expect(before, "the purge was over too soon for this test").toBeGreaterThan(0);
  }
  // To callers it was gone from the beginning.
  expect(await findRun(db, project, gone.runId)).toBeUndefined();
  expect(await moveRun(db, project, gone.runId, "deleted")).toBe(false);

  await gc(deps);
  const after = await rowsWith(db, project, "run_key", [gone.runKey]);
  expect([...after].filter(([, count]) => count > 0)).toEqual([]);
  expect(await rows()).toEqual(untouched);
  // Three files of each run that is kept, and that of the model which the purged run had made.
  expect(await objects()).toBe(7);
  expect(await findUsage(db, project)).toMatchObject({ runs: 1n, artifactBytes: 8n });
}, 180_000);
