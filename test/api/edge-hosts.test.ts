import http2 from "node:http2";
import { describe, expect, test } from "vitest";
import { testApp } from "../support/app.ts";
import { RawSocket } from "../support/raw-socket.ts";

/** Which names the server answers to, and which heads of requests it takes. */

let calls = 0;
const { port, url } = await testApp(
  {
    createRun: () => {
      calls++;
      return {};
    },
  },
  { edge: { host: "0.0.0.0", names: ["mlflow.example.org", "other.example.org:8443"] } },
);

const createRun = "/api/2.0/mlflow/runs/create";
const exchange = (head: string[], body = "") =>
  new RawSocket(port).send(`${[...head, "Connection: close", "", ""].join("\r\n")}${body}`).closed();
const post = (...headers: string[]) =>
  exchange([`POST ${createRun} HTTP/1.1`, ...headers, "Content-Length: 2"], "{}");
const status = (answer: string) => Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]);

describe("a request is answered when it is addressed to", () => {
  test.each([
    "localhost",
    "localhost:5000",
    "LOCALHOST",
    "127.0.0.1",
    "127.0.0.1:1",
    "[::1]:5000",
    "mlflow.example.org",
    "MLflow.Example.org:443",
    "other.example.org:8443",
  ])("%s", async (host) => {
    expect(status(await post(`Host: ${host}`))).toBe(200);
  });
});

describe("nothing is done when it is addressed to", () => {
  test.each([
    "evil.example",
    "mlflow.example.org.evil.example",
    "evil.example:5000",
    "xmlflow.example.org",
    "mlflow.example.org.",
    "other.example.org",
    "other.example.org:8444",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.2",
    "192.0.2.1",
    "[2001:db8::1]",
    "mlflow.example.org@evil.example",
    "evil.example@mlflow.example.org",
    "mlflow.example.org, evil.example",
    "localhost/evil.example",
    "",
  ])("'%s'", async (host) => {
    const before = calls;
    const answer = await post(`Host: ${host}`);
    expect(answer).toMatch(/^HTTP\/1.1 403 [\s\S]*{"error_code":"PERMISSION_DENIED","message":"[^"]+"}$/);
    expect(calls).toBe(before);
  });
});

test("the forwarded names of a request do not count", async () => {
  for (const header of ["X-Forwarded-Host: localhost", "Forwarded: host=localhost", "X-Host: localhost"])
    expect(status(await post("Host: evil.example", header))).toBe(403);
  for (const header of ["X-Forwarded-Host: evil.example", "Forwarded: host=evil.example"])
    expect(status(await post("Host: localhost", header))).toBe(200);
});

test("over HTTP/2 both names that a request can carry count", async () => {
  const session = http2.connect(url);
  const ask = (headers: http2.OutgoingHttpHeaders) =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ":path": createRun, ":method": "POST", ...headers });
      stream.once("response", (answer) => resolve(answer[":status"]));
      stream.once("error", reject);
      stream.resume().end("{}");
    });
  expect(await ask({ ":authority": "mlflow.example.org" })).toBe(200);
  expect(await ask({ ":authority": "evil.example" })).toBe(403);
  expect(await ask({ ":authority": "localhost", host: "evil.example" })).toBe(403);
  session.close();
});

test("every protocol and unknown paths are behind the same check", async () => {
  for (const path of ["/mlflow.MlflowService/createRun", "/nowhere", "/", "/openapi.json", "/ajax-api/2.0/x"])
    expect(status(await exchange([`GET ${path} HTTP/1.1`, "Host: evil.example"]))).toBe(403);
});

describe("a probe of a load balancer", () => {
  test.each(["/health", "/livez", "/readyz", "/version"])(
    "may ask %s at any address, and at none",
    async (path) => {
      for (const host of ["Host: 10.1.2.3:5000", "Host: [2001:db8::1]", "Host: localhost"])
        expect(status(await exchange([`GET ${path} HTTP/1.1`, host]))).toBe(200);
      expect(status(await exchange([`GET ${path} HTTP/1.0`]))).toBe(200);
    },
  );

  test("may not use another name, nor ask anything else", async () => {
    expect(status(await exchange(["GET /health HTTP/1.1", "Host: evil.example"]))).toBe(403);
    expect(status(await exchange(["GET /openapi.json HTTP/1.1", "Host: 10.1.2.3"]))).toBe(403);
    expect(status(await exchange(["GET /openapi.json HTTP/1.0"]))).toBe(403);
  });
});

describe("a head that others on the way may read otherwise is refused", () => {
  const body = "5\r\nhello\r\n0\r\n\r\n";
  test.each([
    ["both lengths", ["Content-Length: 2", "Transfer-Encoding: chunked"]],
    ["two lengths", ["Content-Length: 2", "Content-Length: 3"]],
    ["a list of lengths", ["Content-Length: 2, 2"]],
    ["a signed length", ["Content-Length: +2"]],
    ["a space before the colon", ["Transfer-Encoding : chunked"]],
    ["a folded line", ["Transfer-Encoding:", " chunked"]],
    ["a coding that hides chunked", ["Transfer-Encoding: xchunked"]],
    ["chunked not last", ["Transfer-Encoding: chunked, identity"]],
    ["another coding", ["Transfer-Encoding: gzip"]],
    ["chunked twice", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]],
    ["two hosts", ["Host: evil.example", "Content-Length: 2"]],
    ["twice the same host", ["host: localhost", "Content-Length: 2"]],
  ])("%s", async (_, headers) => {
    const before = calls;
    const answer = await exchange([`POST ${createRun} HTTP/1.1`, "Host: localhost", ...headers], body);
    expect(status(answer)).toBe(400);
    expect(answer).toMatch(/"error_code":"(INVALID_PARAMETER_VALUE|BAD_REQUEST)"/);
    expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1);
    expect(calls).toBe(before);
  });

  test("a line that ends without a carriage return", async () => {
    const raw = new RawSocket(port).send("GET /openapi.json HTTP/1.1\nHost: localhost\n\n");
    expect(status(await raw.closed())).toBe(400);
  });

  test("a target that names a server", async () => {
    expect(status(await exchange(["GET http://evil.example/openapi.json HTTP/1.1", "Host: localhost"]))).toBe(
      400,
    );
    expect(status(await exchange(["CONNECT evil.example:80 HTTP/1.1", "Host: localhost"]))).not.toBe(200);
  });
});

describe("headers", () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `x-${i}: y`);

  test("64 are taken and 65 are not", async () => {
    // With Host and Connection.
    expect(status(await exchange(["GET /livez HTTP/1.1", "Host: localhost", ...many(62)]))).toBe(200);
    const answer = await exchange(["GET /livez HTTP/1.1", "Host: localhost", ...many(63)]);
    expect(answer).toMatch(/^HTTP\/1.1 431 [\s\S]*"A request has at most 64 headers."/);
  });

  test("a request of thousands costs a refusal", async () => {
    const answer = await exchange(["GET /livez HTTP/1.1", "Host: localhost", ...Array(2000).fill("a:b")]);
    expect(status(answer)).toBe(431);
  });

  test("over HTTP/2 a request with more than 64 is not answered", async () => {
    const session = http2.connect(url);
    session.on("error", () => {});
    const ask = (count: number) =>
      new Promise((resolve) => {
        const headers = Object.fromEntries(many(count).map((line) => line.split(": ")));
        const stream = session.request({ ":path": "/livez", ...headers });
        stream.once("response", (answer) => resolve(answer[":status"]));
        stream.once("error", () => resolve("reset"));
        stream.once("close", () => resolve("reset"));
        stream.resume().end();
      });
    expect(await ask(64)).toBe(200);
    expect([431, "reset"]).toContain(await ask(65));
    expect(await ask(120)).toBe("reset");
    session.destroy();
  });
});
