import http2 from "node:http2";
import { connect } from "node:net";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { testApp } from "../support/app.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { until } from "../support/until.ts";

/** What many connections, many frames and forged headers achieve. */

let calls = 0;
const implementation = {
  createRun: () => {
    calls++;
    return {};
  },
};
const get = (...headers: string[]) =>
  ["GET /livez HTTP/1.1", "Host: localhost", ...headers, "", ""].join("\r\n");

describe("connections of one address", () => {
  test("are refused beyond their number, and taken again when others end", async () => {
    const { port } = await testApp(implementation, {
      limits: { connectionsPerAddress: 3, connectionsPerProxy: 3 },
    });
    const held = [1, 2, 3].map(() => new RawSocket(port).send(get()));
    for (const one of held) await one.until(/"status":"ok"/);
    for (let i = 0; i < 3; i++) {
      const refused = await new RawSocket(port).closed();
      expect(refused).toMatch(/^HTTP\/1.1 429 [\s\S]*retry-after: 1\r\n[\s\S]*"REQUEST_LIMIT_EXCEEDED"/);
    }
    held[0]?.socket.destroy();
    await until("a new connection is taken", async () =>
      (await new RawSocket(port).send(get("Connection: close")).closed()).includes(`"status":"ok"`),
    );
    for (const one of held) one.socket.destroy();
  });

  test("of this machine are many more than those of another", async () => {
    const { port } = await testApp(implementation, { limits: { connectionsPerAddress: 1 } });
    const held = Array.from({ length: 150 }, () => new RawSocket(port).send(get()));
    for (const one of held) await one.until(/"status":"ok"/);
    for (const one of held) one.socket.destroy();
  });
});

describe("an HTTP/2 session that floods is ended, and others go on", async () => {
  const { port, url } = await testApp(implementation);
  const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const frame = (type: number, flags: number, stream: number, payload = "") =>
    String.fromCharCode(0, 0, payload.length, type, flags, 0, 0, 0, stream) + payload;
  const settings = frame(4, 0, 0);

  /** Sends `one` until the server ends the connection; fails when it never does. */
  async function flood(one: string): Promise<number> {
    const socket = connect(port, "127.0.0.1");
    let ended = false;
    let sent = 0;
    socket.on("error", () => {});
    socket.on("close", () => {
      ended = true;
    });
    socket.resume();
    socket.write(preface + settings, "latin1");
    await until("the server ends the flood", async () => {
      for (let i = 0; i < 100 && !ended; i++, sent++) socket.write(one, "latin1");
      return ended || sent > 20_000;
    });
    return ended ? sent : Number.POSITIVE_INFINITY;
  }

  test.each([
    ["PING", frame(6, 0, 0, "12345678")],
    ["empty SETTINGS", settings],
    ["SETTINGS", frame(4, 0, 0, "\0\x03\0\0\0\x64".repeat(20))],
  ])("by %s", async (_, one) => {
    expect(await flood(one)).toBeLessThan(5_000);
    const client = createClient(MlflowService, createGrpcTransport({ baseUrl: url }));
    await client.createRun({});
  });

  test("by streams that are opened and reset at once (CVE-2023-44487)", async () => {
    const session = http2.connect(url);
    const ended = new Promise((resolve) => session.once("close", resolve));
    session.on("error", () => {});
    const before = calls;
    let opened = 0;
    await until("the server ends the session", () => {
      for (let i = 0; i < 50 && !session.closed && !session.destroyed; i++, opened++) {
        const stream = session.request({
          ":path": "/mlflow.MlflowService/createRun",
          ":method": "POST",
          "content-type": "application/json",
        });
        stream.on("error", () => {});
        stream.close(http2.constants.NGHTTP2_CANCEL);
      }
      return session.closed || session.destroyed || opened > 20_000;
    });
    session.destroy();
    await ended;
    expect(opened).toBeLessThan(1_000);
    expect(calls - before).toBe(0);
    const client = createClient(MlflowService, createGrpcTransport({ baseUrl: url }));
    await client.createRun({});
  });

  test("but not one that pings and cancels as gRPC clients do", async () => {
    const session = http2.connect(url);
    await new Promise((resolve) => session.once("remoteSettings", resolve));
    for (let i = 0; i < 50; i++) await new Promise((resolve) => session.ping(resolve));
    for (let i = 0; i < 200; i++) {
      const stream = session.request({ ":path": "/livez" });
      stream.on("error", () => {});
      await new Promise((resolve) => stream.once("close", resolve).close(http2.constants.NGHTTP2_CANCEL));
    }
    const status = await new Promise((resolve, reject) => {
      const stream = session.request({ ":path": "/livez" });
      stream.once("response", (answer) => resolve(answer[":status"]));
      stream.once("error", reject);
      stream.resume().end();
    });
    expect(status).toBe(200);
    session.destroy();
  });
});

describe("answers tell browsers", async () => {
  const { port } = await testApp(implementation, { edge: { names: ["x"], trustedProxies: ["127.0.0.1"] } });
  const expected = [
    /^x-content-type-options: nosniff\r$/im,
    /^content-security-policy: default-src 'none'; .*frame-ancestors 'none'\r$/im,
    /^referrer-policy: same-origin\r$/im,
    /^cross-origin-resource-policy: same-origin\r$/im,
  ];
  const lines = (first: string, ...more: string[]) =>
    [first, "Connection: close", "Content-Length: 2", ...more, "", "{}"].join("\r\n");

  test.each([
    ["an answer", lines("POST /api/2.0/mlflow/runs/create HTTP/1.1", "Host: x")],
    [
      "an RPC",
      lines("POST /mlflow.MlflowService/createRun HTTP/1.1", "Host: x", "Content-Type: application/json"),
    ],
    [
      "an RPC that fails",
      lines("POST /mlflow.MlflowService/createRun HTTP/1.1", "Host: x", "Content-Type: x/y"),
    ],
    ["a health probe", lines("GET /health HTTP/1.1", "Host: x")],
    ["an unknown path", lines("GET /nowhere HTTP/1.1", "Host: x")],
    ["a method that is not allowed", lines("DELETE /health HTTP/1.1", "Host: x")],
    ["a wrong host", lines("GET /nowhere HTTP/1.1", "Host: evil.example")],
    ["a path that cannot be decoded", lines("GET /%ff%zz HTTP/1.1", "Host: x")],
    ["nonsense", "nonsense\r\n\r\n"],
    ["a head that is too long", lines("GET /health HTTP/1.1", "Host: x", `A: ${"a".repeat(20_000)}`)],
  ])("in %s what they may not do", async (_, request) => {
    const answer = await new RawSocket(port).send(request).closed();
    expect(answer).toMatch(/^HTTP\/1.1 \d{3}/);
    for (const header of expected) expect(answer).toMatch(header);
    expect(answer).not.toMatch(/unsafe-inline|strict-transport-security|access-control/i);
  });

  test("to come back by TLS only, when a trusted proxy says that they came by it", async () => {
    const ask = (target: number, ...headers: string[]) =>
      new RawSocket(target).send(get("Connection: close", ...headers)).closed();
    const hsts = /^strict-transport-security: max-age=31536000\r$/im;
    expect(await ask(port, "X-Forwarded-Proto: https", "X-Forwarded-For: 192.0.2.1")).toMatch(hsts);
    expect(await ask(port, "X-Forwarded-Proto: http")).not.toMatch(hsts);
    const { port: untrusting } = await testApp(implementation);
    expect(await ask(untrusting, "X-Forwarded-Proto: https")).not.toMatch(hsts);
  });
});
