import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, readlink, rm } from "node:fs/promises";
import { get, type IncomingMessage, request } from "node:http";
import { connect } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { rawHttp } from "../support/raw-http.ts";
import { type TestProject, testServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const server = await testServer();
const port = Number(new URL(server.url).port);
const at = (path: string) => `/api/2.0/mlflow-artifacts/artifacts/${path}`;

async function objects(): Promise<string[]> {
  const entries = await readdir(server.artifactsRoot, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** The objects of a project that are written down as garbage. */
const garbage = (project: TestProject) =>
  server.db.selectFrom("artifact_garbage").selectAll().where("project_id", "=", project.id).execute();

const partial = () => readdir(`${server.artifactsRoot}/incoming`);

/** The store has taken in some of an upload: a partial object lies in `incoming`. */
const untilBegun = () => until("an upload begins", async () => (await partial()).length > 0);

const untilSettled = () => until("no partial object is left", async () => (await partial()).length === 0);

async function expectAbsent(project: TestProject, path: string, before: string[]): Promise<void> {
  expect((await rawHttp(project.uri, "GET", at(path))).status).toBe(404);
  expect((await project.rest("GET", "/api/2.0/mlflow-artifacts/artifacts")).body).toEqual({});
  await until("nothing of it is left", async () => {
    const left = [await objects(), await garbage(project)];
    return isDeepStrictEqual(left, [before, []]);
  });
}

async function rawSocket(project: TestProject, head: string[]): Promise<Socket> {
  const socket = connectTcp(port, "127.0.0.1");
  await once(socket, "connect");
  const path = `${new URL(project.uri).pathname}${at("cut")}`;
  socket.write([`PUT ${path} HTTP/1.1`, "Host: localhost", ...head, "", ""].join("\r\n"));
  return socket;
}

/** An HTTP/2 frame: of settings (4), headers (1), data (0), or a reset (3). */
function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Headers as HPACK literals: names and values of less than 127 bytes. */
const headerBlock = (headers: Record<string, string>) =>
  Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]),
  );

describe("an upload that is cut", () => {
  it.each([
    ["before its announced end", ["Content-Length: 1000000"], "x".repeat(300_000)],
    ["one byte before its announced end", ["Content-Length: 300001"], "x".repeat(300_000)],
    ["within a chunk", ["Transfer-Encoding: chunked"], `FFFFF\r\n${"x".repeat(300_000)}`],
    [
      "between chunks, without the last",
      ["Transfer-Encoding: chunked"],
      `493E0\r\n${"x".repeat(300_000)}\r\n`,
    ],
  ])("%s is never visible and leaves nothing", async (_, head, body) => {
    const project = await server.project();
    const before = await objects();
    const socket = await rawSocket(project, head);
    socket.write(body);
    await untilBegun();
    socket.destroy();
    await untilSettled();
    await expectAbsent(project, "cut", before);
  });

  it("is 400 when the client ends it properly, but too early", async () => {
    const project = await server.project();
    const before = await objects();
    const socket = await rawSocket(project, ["Content-Length: 1000"]);
    socket.end("x".repeat(999));
    expect(await text(socket)).toMatch(/^(HTTP\/1.1 400 |$)/);
    await expectAbsent(project, "cut", before);
  });

  it.each([
    ["by a reset of its stream", (socket: Socket) => socket.write(frame(3, 0, 1, Buffer.from([0, 0, 0, 8])))],
    ["by the loss of its connection", (socket: Socket) => socket.destroy()],
  ])("over HTTP/2 is never visible either: %s", async (_, cut) => {
    const project = await server.project();
    const before = await objects();
    const socket = connectTcp(port, "127.0.0.1");
    const path = `${new URL(project.uri).pathname}${at("cut")}`;
    const head = { ":method": "PUT", ":scheme": "http", ":path": path, ":authority": "localhost" };
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    socket.write(
      Buffer.concat([frame(4, 0, 0), frame(1, 4, 1, headerBlock(head)), frame(0, 0, 1, randomBytes(16_000))]),
    );
    await untilBegun();
    cut(socket);
    await untilSettled();
    await expectAbsent(project, "cut", before);
    socket.destroy();
  });

  it("leaves the whole of what was there before", async () => {
    const project = await server.project();
    await rawHttp(project.uri, "PUT", at("cut"), { body: "the old one" });
    const socket = await rawSocket(project, ["Content-Length: 1000000"]);
    socket.write("x".repeat(300_000));
    await untilBegun();
    socket.destroy();
    await untilSettled();
    expect((await rawHttp(project.uri, "GET", at("cut"))).body.toString()).toBe("the old one");
  });
});

describe("an upload over HTTP/2", () => {
  it("arrives whole, and comes back whole", async () => {
    const project = await server.project();
    const bytes = randomBytes(2_000_000);
    const session = connect(server.url);
    const path = `${new URL(project.uri).pathname}${at("h2")}`;
    const sending = session.request({ ":method": "PUT", ":path": path });
    sending.end(bytes);
    expect(await text(sending)).toBe("{}");
    session.close();
    expect((await rawHttp(project.uri, "GET", at("h2"))).body.equals(bytes)).toBe(true);
  });
});

describe("a refused upload", () => {
  it("is answered at once, and its connection serves the next request", async () => {
    const project = await server.project();
    const socket = connectTcp(port, "127.0.0.1");
    const base = new URL(project.uri).pathname;
    const size = 3_000_000;
    socket.write(
      `PUT ${base}${at("%2e%2e/x")} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${size}\r\n\r\n`,
    );
    const [first] = await once(socket, "data");
    expect(String(first)).toMatch(/^HTTP\/1.1 400 /);
    socket.write(Buffer.alloc(size));
    socket.write(`GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(await text(socket)).toContain("HTTP/1.1 200 OK");
  });

  it("is refused before its body is asked for", async () => {
    const project = await server.project();
    const before = await objects();
    const path = `${new URL(project.uri).pathname}${at("a%5cb")}`;
    const outgoing = request({ port, method: "PUT", path, headers: { "content-length": 5 } });
    outgoing.flushHeaders();
    const [incoming] = await once(outgoing, "response");
    expect(incoming.statusCode).toBe(400);
    outgoing.destroy();
    expect(await objects()).toEqual(before);
  });
});

describe("uploads to one path at the same time", () => {
  it("leave one of them, whole, whatever is read meanwhile", async () => {
    const project = await server.project();
    const bodies = Array.from({ length: 12 }, (_, i) => Buffer.alloc(400_000 + i, i));
    const known = new Set(bodies.map((body) => createHash("sha256").update(body).digest("hex")));
    await rawHttp(project.uri, "PUT", at("x"), { body: bodies[0] ?? "" });
    let writing = true;
    const writes = Promise.all(bodies.map((body) => rawHttp(project.uri, "PUT", at("x"), { body }))).finally(
      () => {
        writing = false;
      },
    );
    let reads = 0;
    while (writing) {
      const { status, headers, body } = await rawHttp(project.uri, "GET", at("x"));
      const digest = createHash("sha256").update(body).digest("hex");
      expect([status, known.has(digest), headers.etag]).toEqual([200, true, `"${digest}"`]);
      reads++;
    }
    expect(reads).toBeGreaterThan(0);
    expect((await writes).map((answer) => answer.status)).toEqual(bodies.map(() => 200));
    const rows = await server.db.selectFrom("artifacts").select("object_id").execute();
    expect((await objects()).sort()).toEqual(rows.map((row) => row.object_id).sort());
    expect(await garbage(project)).toEqual([]);
  });
});

describe("a download that its client abandons", () => {
  const openFiles = async () => {
    const names = await readdir("/proc/self/fd");
    const targets = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => "")));
    return targets.filter((target) => target.startsWith(server.artifactsRoot)).length;
  };

  it("is let go of: its file is closed", async () => {
    const project = await server.project();
    await rawHttp(project.uri, "PUT", at("large"), { body: Buffer.alloc(20_000_000) });
    const readers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const [incoming]: IncomingMessage[] = await once(get(`${project.uri}${at("large")}`), "response");
        return incoming;
      }),
    );
    expect(await openFiles()).toBe(8);
    for (const reader of readers) reader?.on("error", () => {}).destroy();
    await until("every file is closed", async () => (await openFiles()) === 0);
  });
});

describe("an artifact whose bytes are gone from the disk", () => {
  it("is a clear 404 and not a failure of the server", async () => {
    const project = await server.project();
    await rawHttp(project.uri, "PUT", at("x"), { body: "x" });
    const { object_id: id } = await server.db
      .selectFrom("artifacts")
      .select("object_id")
      .where("project_id", "=", project.id)
      .executeTakeFirstOrThrow();
    await rm(`${server.artifactsRoot}/${id.slice(0, 2)}/${id}`);
    const { status, body } = await rawHttp(project.uri, "GET", at("x"));
    expect([status, JSON.parse(body.toString()).message]).toEqual([
      404,
      "The bytes of this artifact are gone from the artifact store.",
    ]);
  });
});
