import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { sql } from "kysely";
import { afterAll, expect, inject, it } from "vitest";
import { localArtifacts } from "../../src/artifacts/local.ts";
import { sweep } from "../../src/services/artifact-garbage.ts";
import { createProject, defaultProjectPath } from "../../src/store/projects.ts";
import { testDatabase } from "../support/database.ts";
import { rawHttp } from "../support/raw-http.ts";
import { until } from "../support/until.ts";

const { db, name } = await testDatabase();
const home = await mkdtemp(join(tmpdir(), "loggia-killed-"));
const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(home, { recursive: true, force: true });
});

const program = new URL("../../src/main.ts", import.meta.url).pathname;
const artifacts = join(home, "artifacts");
const at = (path: string) => `/api/2.0/mlflow-artifacts/artifacts/${path}`;

/** The real server in a process of its own, on this file's database; ready. */
async function serve(): Promise<{ url: string; kill(): Promise<void> }> {
  const { host, user } = inject("cluster");
  const database = `postgres:///${name}?host=${encodeURIComponent(host)}&user=${user}`;
  const args = [program, "serve", "--port", "0", "--database-url", database, "--artifacts", artifacts];
  const child = spawn(process.execPath, args, {
    cwd: home,
    env: { PATH: process.env.PATH },
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.push(child);
  for await (const line of createInterface(child.stdout)) {
    const url = /ready at (\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    return {
      url,
      async kill() {
        const exit = once(child, "exit");
        child.kill("SIGKILL");
        await exit;
      },
    };
  }
  throw new Error("the server ended before it was ready");
}

const incoming = () => readdir(join(artifacts, "incoming"));

it("a server killed in the middle of uploads shows none of them, and keeps every one that it had acknowledged", async () => {
  await createProject(db, defaultProjectPath);
  const whole = randomBytes(2_000_000);
  const acknowledged: string[] = [];
  for (let round = 0; round < 2; round++) {
    const { url, kill } = await serve();
    const { status } = await rawHttp(url, "PUT", at(`whole-${round}`), { body: whole });
    if (status === 200) acknowledged.push(`whole-${round}`);
    const partial = request(`${url}${at(`partial-${round}`)}`, {
      method: "PUT",
      headers: { "content-length": 10_000_000 },
    });
    partial.on("error", () => {});
    partial.write(whole);
    await until("the partial upload begins", async () => (await incoming()).length > round);
    await kill();
  }
  expect(acknowledged).toEqual(["whole-0", "whole-1"]);

  const { url, kill } = await serve();
  const { body } = await rawHttp(url, "GET", "/api/2.0/mlflow-artifacts/artifacts");
  expect(JSON.parse(body.toString()).files.map((file: { path: string }) => file.path)).toEqual(acknowledged);
  for (const path of acknowledged)
    expect((await rawHttp(url, "GET", at(path))).body.equals(whole)).toBe(true);

  const deps = { db, artifacts: localArtifacts(artifacts) };
  expect(await sweep(deps)).toBe(0);
  expect(await incoming()).toHaveLength(2);
  await sql`update artifact_garbage set since = since - interval '25 hours'`.execute(db);
  expect(await sweep(deps)).toBe(2);
  expect(await incoming()).toEqual([]);
  for (const path of acknowledged) expect((await rawHttp(url, "GET", at(path))).status).toBe(200);
  await kill();
}, 180_000);
