import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { sql } from "kysely";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ExportService } from "../../gen/loggia/v1/export_pb.js";
import { failure, type TestProject, testServer } from "../support/server.ts";
import { until } from "../support/until.ts";

/** What an export does while its reader is slow, and when it goes. */

let statements = 0;
const server = await testServer({
  plugin: {
    transformQuery: ({ node }) => {
      statements++;
      return node;
    },
    transformResult: async ({ result }) => result,
  },
});

/** 60 MB: more than what the sockets between a server and its reader hold. */
const count = 30_000;
let project: TestProject;
/** Statements of a whole export. */
let whole: number;

const exported = (format: string) => `${project.uri}/api/1.0/loggia/export/runs?format=${format}`;

beforeAll(async () => {
  project = await server.project();
  const { id } = project;
  await sql`
    insert into runs (project_id, run_key, run_id, experiment_id, user_id, status, start_time, artifact_uri)
    select ${id}, n, md5(n::text)::uuid, 0, '', 'RUNNING', n, '' from generate_series(1, ${count}::int) n`.execute(
    server.db,
  );
  // Hashes, so that no compression makes little of them.
  await sql`
    insert into params (project_id, run_key, key, experiment_id, value)
    select ${id}, n, 'p' || k, 0, (select string_agg(md5(n || '-' || k || '-' || i), '') from generate_series(1, 15) i)
    from generate_series(1, ${count}::int) n, generate_series(1, 4) k`.execute(server.db);
  const before = statements;
  const lines = (await (await fetch(exported("ndjson"))).text()).trimEnd().split("\n");
  expect(lines).toHaveLength(count);
  whole = statements - before;
});

/**
 * Asks for a file and reads no more than its beginning, so that the kernel, which gives who reads fast up to 33 MB, keeps little
 * for it. What is read from it is the answer with its head.
 */
async function stalled(format = "ndjson"): Promise<Socket> {
  const { hostname, port, pathname, search } = new URL(exported(format));
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {}); // it is going to be cut off
  onTestFinished(() => void socket.destroy());
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nconnection: close\r\n\r\n`);
  await once(socket, "readable");
  return socket;
}

/** The number of statements, once it does not grow any more. */
async function settled(): Promise<number> {
  let before = -1;
  let same = 0;
  await until("no statement is made any more", () => {
    same = statements === before ? same + 1 : 0;
    before = statements;
    return same > 30;
  });
  return before;
}

test.each(["ndjson", "csv", "parquet"])(
  "a slow reader of %s is waited for, and then gets everything",
  async (format) => {
    const begin = statements;
    const reader = await stalled(format);
    // A Parquet file is half as large, so the sockets hold more of the runs.
    expect((await settled()) - begin).toBeLessThan(whole * (format === "parquet" ? 0.75 : 0.5));
    let size = 0;
    for await (const chunk of reader) size += chunk.length;
    expect(size).toBeGreaterThan(count * (format === "parquet" ? 1_000 : 1_800));
    expect(statements - begin).toBeGreaterThan(whole * 0.9);
  },
);

test("a download that is cancelled ends the reading", async () => {
  const begin = statements;
  const reader = await stalled();
  reader.destroy();
  expect((await settled()) - begin).toBeLessThan(whole / 2);
});

describe.each(["connect", "grpc", "grpc-web"] as const)("over %s", (protocol) => {
  test("a slow reader is waited for, and one that goes ends the reading", async () => {
    const begin = statements;
    const leaving = new AbortController();
    const messages = project
      .client(ExportService, protocol)
      .exportRuns({}, { signal: leaving.signal })
      [Symbol.asyncIterator]();
    expect((await messages.next()).value?.runs.length).toBeGreaterThan(0);
    expect((await settled()) - begin).toBeLessThan(whole / 2);
    leaving.abort();
    await expect(messages.next()).rejects.toThrow();
    expect((await settled()) - begin).toBeLessThan(whole / 2);
  });
});

test("an export of many metrics of many runs does not list them all beforehand", async () => {
  const { rows } = await sql<{ id: string }>`
    select replace(run_id::text, '-', '') as id from runs where project_id = ${project.id} limit 3000`.execute(
    server.db,
  );
  const leaving = new AbortController();
  const heap = process.memoryUsage().heapUsed;
  const begin = statements;
  const messages = project
    .client(ExportService, "grpc")
    .exportMetricHistories(
      { runIds: rows.map(({ id }) => id), metricKeys: Array.from({ length: 1_000 }, (_, i) => `m${i}`) },
      { signal: leaving.signal },
    )
    [Symbol.asyncIterator]();
  const none = messages.next();
  await until("some series were read", () => statements > begin + 5);
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(100 * 2 ** 20);
  leaving.abort();
  await expect(none).rejects.toThrow();
});

test("eight exports of a project go on at a time, and those that end make room", async () => {
  const running = await Promise.all(Array.from({ length: 8 }, () => stalled()));
  const limited = { errorCode: "REQUEST_LIMIT_EXCEEDED" };
  const another = async () => {
    const leaving = new AbortController();
    try {
      const { signal } = leaving;
      for await (const _ of project.client(ExportService, "connect").exportRuns({}, { signal }))
        return "begun";
    } finally {
      leaving.abort();
    }
    return "empty";
  };
  expect(await failure(another())).toMatchObject(limited);
  const refused = await fetch(exported("csv"));
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "10"]);
  // What one project does is no matter of another.
  const other = await server.project();
  expect((await other.rest("GET", "/api/1.0/loggia/export/runs")).status).toBe(200);
  for (const reader of running) reader.destroy();
  await until("there is room again", async () => (await another().catch(() => "refused")) === "begun");
});
