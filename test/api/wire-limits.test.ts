import http2 from "node:http2";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { deflateSync, gunzipSync, gzipSync } from "node:zlib";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import { DatabricksServiceExceptionProtoSchema, ErrorCode } from "../../gen/mlflow/databricks_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { projectKey } from "../../src/auth/context-keys.ts";
import { LoggiaError } from "../../src/errors.ts";
import { JsonText } from "../../src/services/json-text.ts";
import { testApp } from "../support/app.ts";
import { RawSocket } from "../support/raw-socket.ts";

/** Calls that are waiting for the test, by run id. */
const waiting = new Map<string, PromiseWithResolvers<void>>();

const { app, port, url, lines } = await testApp(
  {
    createRun: (request, context) => ({
      run: { info: { userId: request.userId, experimentId: String(context.values.get(projectKey)) } },
    }),
    logBatch: () => ({}),
    getLoggedModel: (request) => ({ model: { info: { modelId: request.modelId } } }),
    // As many bytes as asked for.
    getExperimentByName: ({ experimentName }) => ({
      experiment: { name: "x".repeat(Number(experimentName)) },
    }),
    // As many chunks of 10 kB as asked for; a negative number fails after that many.
    getMetricHistory: (request) =>
      new JsonText(
        (async function* () {
          const count = Number(request.metricKey);
          yield `{"metrics":[`;
          for (let i = 0; i < Math.abs(count); i++)
            yield `${i === 0 ? "" : ","}{"key":"${"k".repeat(10_000)}"}`;
          if (count < 0) throw new Error("secret: the database said no");
          yield "]}";
        })(),
      ) as never,
    async getRun({ runId }) {
      const gate = Promise.withResolvers<void>();
      waiting.set(runId, gate);
      await gate.promise;
      return { run: { info: { runId } } };
    },
    updateRun() {
      throw new Error("secret: select * from runs");
    },
    deleteRun() {
      throw new LoggiaError("TEMPORARILY_UNAVAILABLE", "Try again.", { retryAfter: 7 });
    },
  },
  { limits: { headersTimeout: 300, checkInterval: 50, bodyTimeout: 300, maxBodyBytes: 200_000 } },
);

const createRun = "/api/2.0/mlflow/runs/create";
const post = (path: string, body: RequestInit["body"], headers: Record<string, string> = {}) =>
  // biome-ignore lint/suspicious/noExplicitAny: fetch's types do not know `duplex`.
  fetch(url + path, { method: "POST", body, headers, duplex: "half" } as any);
// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there.
const json = (response: Response): Promise<any> => response.json();
const errorOf = async (response: Response) => [response.status, (await json(response)).error_code];

describe("answers", () => {
  test("carry nosniff and a request id, the caller's own when it is a plain token", async () => {
    const given = await post(createRun, "{}", { "x-request-id": "abc-1.2:3_4" });
    expect([given.headers.get("x-request-id"), given.headers.get("x-content-type-options")]).toEqual([
      "abc-1.2:3_4",
      "nosniff",
    ]);
    for (const bad of ["", "a b", "x".repeat(129), "<script>"]) {
      const made = await post(createRun, "{}", { "x-request-id": bad });
      expect(made.headers.get("x-request-id")).toMatch(/^[0-9a-f]{8}-[0-9a-z]+$/);
    }
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await post(createRun, "{}")).headers.get("x-request-id")),
    );
    expect(new Set(ids).size).toBe(3);
  });

  test.each([
    ["POST", `${createRun}`, `{"user_id":"u"}`],
    ["GET", "/api/2.0/mlflow/experiments/get-by-name?experiment_name=14000", ""],
    ["GET", "/api/2.0/mlflow/metrics/get-history?metric_key=3", ""],
    ["GET", "/nowhere", ""],
    ["GET", "/readyz", ""],
  ])("%s %s is answered in one write, head and body together", async (method, path, body) => {
    const writes: number[] = [];
    app.server.once("connection", (socket: Socket) => {
      for (const name of ["_write", "_writev"] as const) {
        const original = socket[name]?.bind(socket) as (...args: unknown[]) => void;
        Object.assign(socket, {
          [name](...args: unknown[]) {
            writes.push(args.length);
            original(...args);
          },
        });
      }
    });
    const raw = new RawSocket(port);
    raw.send(
      `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    const answer = await raw.closed();
    expect(answer).toMatch(/^HTTP\/1.1 \d+ [\s\S]*content-length: \d+[\s\S]*\r\n\r\n./i);
    expect(writes.length).toBe(1);
  });

  test("a long text streams, and arrives whole", async () => {
    const response = await fetch(`${url}/api/2.0/mlflow/metrics/get-history?metric_key=500`, {
      headers: { "accept-encoding": "identity" },
    });
    expect(response.headers.get("content-length")).toBeNull();
    expect((await json(response)).metrics).toHaveLength(500);
  });

  test("a text that fails early is an error; one that fails late is cut, which a reader can tell from its end", async () => {
    const early = await fetch(`${url}/api/2.0/mlflow/metrics/get-history?metric_key=-1`);
    expect(await errorOf(early)).toEqual([500, "INTERNAL_ERROR"]);
    const late = await fetch(`${url}/api/2.0/mlflow/metrics/get-history?metric_key=-500`);
    expect(late.status).toBe(200);
    await expect(late.text()).rejects.toThrow();
  });

  test("are compressed when the caller takes gzip, they are long, and cross a network", async () => {
    const experiment = "experiments/get-by-name?experiment_name=";
    const get = async (size: number, accept: string, path = experiment, through = "Via: 1.1 proxy") => {
      const raw = new RawSocket(port);
      raw.send(
        `GET /api/2.0/mlflow/${path}${size} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: ${accept}\r\n${through}\r\nConnection: close\r\n\r\n`,
      );
      const [head = "", body = ""] = (await raw.closed()).split(/\r\n\r\n([\s\S]*)/);
      return { gzip: /content-encoding: gzip/i.test(head), vary: /vary: accept-encoding/i.test(head), body };
    };
    for (const accept of ["gzip", "gzip, deflate", "br;q=1.0, gzip;q=0.8", "deflate,GZIP"]) {
      const { gzip, vary, body } = await get(20_000, accept);
      expect([accept, gzip, vary]).toEqual([accept, true, true]);
      expect(JSON.parse(gunzipSync(Buffer.from(body, "latin1")).toString()).experiment.name).toHaveLength(
        20_000,
      );
    }
    for (const accept of ["identity", "gzip;q=0", "gzip; q=0.0, br", "xgzip"])
      expect(await get(20_000, accept)).toMatchObject({ gzip: false, vary: true });
    expect(await get(10_000, "gzip")).toMatchObject({ gzip: false, vary: false });
    // This test runs on the server's machine.
    for (const [through, gzip] of Object.entries({
      "X-A: b": false,
      "X-Forwarded-For: ::1": true,
      "Forwarded: for=_a": true,
    }))
      expect([through, (await get(20_000, "gzip", experiment, through)).gzip]).toEqual([through, gzip]);
    expect(await get(50, "gzip", "metrics/get-history?metric_key=")).toMatchObject({
      gzip: true,
      vary: true,
    });
  });

  test("tell nothing of an error that nobody wrote for a caller, and log it with the same request id", async () => {
    const response = await post("/api/2.0/mlflow/runs/update", "{}", { "x-request-id": "find-me" });
    expect([response.status, await response.json()]).toEqual([
      500,
      { error_code: "INTERNAL_ERROR", message: "Internal error (request id find-me)." },
    ]);
    const logged = lines.filter((line) => line.request_id === "find-me");
    expect(JSON.stringify(logged)).toContain("secret: select * from runs");
    expect(logged.find((line) => line.msg === "call")).toMatchObject({
      rpc: "mlflow.MlflowService/updateRun",
      protocol: "rest",
      status: "INTERNAL_ERROR",
      level: 40,
      project: "1",
    });
  });

  test("tell when to come back", async () => {
    const response = await post("/api/2.0/mlflow/runs/delete", "{}");
    expect([response.status, response.headers.get("retry-after"), await response.json()]).toEqual([
      503,
      "7",
      { error_code: "TEMPORARILY_UNAVAILABLE", message: "Try again." },
    ]);
  });

  test("on other protocols carry MLflow's error code as a typed detail, and hide as much", async () => {
    const client = createClient(MlflowService, createGrpcTransport({ baseUrl: url }));
    const failed = async (call: Promise<unknown>) => {
      const error = ConnectError.from(await call.catch((reason: unknown) => reason));
      const [detail] = error.findDetails(DatabricksServiceExceptionProtoSchema);
      return [
        error.code,
        error.rawMessage.replace(/id .*/, "id"),
        detail?.errorCode,
        error.metadata.get("retry-after"),
      ];
    };
    expect(await failed(client.updateRun({}))).toEqual([
      Code.Internal,
      "Internal error (request id",
      ErrorCode.INTERNAL_ERROR,
      null,
    ]);
    expect(await failed(client.deleteRun({}))).toEqual([
      Code.Unavailable,
      "Try again.",
      ErrorCode.TEMPORARILY_UNAVAILABLE,
      "7",
    ]);
    expect(await failed(client.logModel({}))).toEqual([
      Code.Unimplemented,
      "mlflow.MlflowService.logModel is not implemented",
      ErrorCode.ENDPOINT_NOT_FOUND,
      null,
    ]);
  });
});

describe("methods and paths", () => {
  test.each([
    ["GET", createRun, "POST, OPTIONS"],
    ["PUT", createRun, "POST, OPTIONS"],
    ["DELETE", "/api/v4/projects/group%2Ftwo/ml/mlflow/ajax-api/2.0/mlflow/runs/get", "GET, HEAD, OPTIONS"],
    ["PUT", "/api/2.0/mlflow/logged-models/m-1/tags?x=1", "PATCH, OPTIONS"],
    ["POST", "/api/2.0/mlflow/logged-models/m-1", "GET, HEAD, PATCH, DELETE, OPTIONS"],
    ["GET", "/mlflow.MlflowService/createRun", "POST, OPTIONS"],
    ["PUT", "/mlflow.MlflowService/createRun", "POST, OPTIONS"],
    ["POST", "/health", "GET, HEAD, OPTIONS"],
    ["POST", "/openapi.json", "GET, HEAD, OPTIONS"],
  ])("%s %s is 405 with Allow, in JSON", async (method, path, allowed) => {
    const response = await fetch(url + path, { method });
    expect(await errorOf(response)).toEqual([405, "ENDPOINT_NOT_FOUND"]);
    expect(response.headers.get("allow")).toBe(allowed);
  });

  test.each([
    `${createRun}/`,
    "/api/2.0/mlflow/runs/Create",
    "/api/2.0//mlflow/runs/create",
    "/api/3.0/mlflow/traces/search",
    "/api/2.0/mlflow/traces",
    "/mlflow.MlflowService/nothing",
    "/",
  ])("%s is 404 ENDPOINT_NOT_FOUND in JSON", async (path) => {
    expect(await errorOf(await post(path, "{}"))).toEqual([404, "ENDPOINT_NOT_FOUND"]);
  });

  test("an RPC without an implementation is 404 ENDPOINT_NOT_FOUND, on which clients fall back", async () => {
    expect(await errorOf(await post("/api/2.0/mlflow/runs/log-model", "{}"))).toEqual([
      404,
      "ENDPOINT_NOT_FOUND",
    ]);
  });

  test("OPTIONS is 200 with Allow and no body", async () => {
    const response = await fetch(url + createRun, { method: "OPTIONS" });
    expect([response.status, response.headers.get("allow"), await response.text()]).toEqual([
      200,
      "POST, OPTIONS",
      "",
    ]);
  });

  test("HEAD has the head of GET", async () => {
    const path = `${url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=100`;
    const [get, head] = await Promise.all([fetch(path), fetch(path, { method: "HEAD" })]);
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      get.headers.get("content-length"),
      "",
    ]);
  });

  test("GET reads a body when it has no query; POST never reads its query", async () => {
    const raw = new RawSocket(port);
    const body = `{"experiment_name":"3"}`;
    raw.send(
      `GET /api/2.0/mlflow/experiments/get-by-name HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(await raw.closed()).toContain(`{"experiment":{"name":"xxx"}}`);
    const response = await json(await post(`${createRun}?user_id=query`, `{"user_id":"body"}`));
    expect(response.run.info.user_id).toBe("body");
  });

  test("a parameter in the path fills its field, percent-decoded once", async () => {
    const get = async (id: string) =>
      (await json(await fetch(`${url}/api/2.0/mlflow/logged-models/${id}`))).model.info.model_id;
    expect(await get("m-1")).toBe("m-1");
    expect(await get("a%2Fb%2520c?model_id=other")).toBe("a/b%20c");
  });

  test("the project is that of the path, of the header, or the default, in this order", async () => {
    const project = async (prefix: string, headers: Record<string, string>) =>
      (await json(await post(`${prefix}${createRun}`, "{}", headers))).run.info.experiment_id;
    expect(await project("", {})).toBe("1");
    expect(await project("", { "loggia-project": "group/two" })).toBe("2");
    expect(await project("/api/v4/projects/group%2Ftwo/ml/mlflow", { "loggia-project": "default" })).toBe(
      "2",
    );
  });
});

describe("bodies", () => {
  test.each([
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "nonsense",
    "multipart/form-data",
    "application/grpc",
  ])("are JSON, be their Content-Type %s", async (type) => {
    const response = await post(createRun, `{"user_id":"é"}`, { "content-type": type });
    expect((await json(response)).run.info.user_id).toBe("é");
  });

  test("gzip and deflate are read, another encoding is 415", async () => {
    const text = `{"user_id":"packed"}`;
    for (const [encoding, bytes] of [
      ["gzip", gzipSync(text)],
      ["deflate", deflateSync(text)],
      ["identity", text],
    ] as const) {
      const response = await post(createRun, bytes, { "content-encoding": encoding });
      expect((await json(response)).run.info.user_id).toBe("packed");
    }
    expect(await errorOf(await post(createRun, text, { "content-encoding": "br" }))).toEqual([
      415,
      "INVALID_PARAMETER_VALUE",
    ]);
    expect(await errorOf(await post(createRun, text, { "content-encoding": "gzip" }))).toEqual([
      400,
      "INVALID_PARAMETER_VALUE",
    ]);
  });

  test("a small body that inflates to a huge one is refused by its inflated size", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, " "));
    expect(bomb.length).toBeLessThan(200_000);
    expect(await errorOf(await post(createRun, bomb, { "content-encoding": "gzip" }))).toEqual([
      413,
      "INVALID_PARAMETER_VALUE",
    ]);
  });

  test("one that is too long is 413 and read to its end, and the connection goes on", async () => {
    const body = JSON.stringify({ user_id: "x".repeat(200_000) });
    expect(await json(await post(createRun, body))).toEqual({
      error_code: "INVALID_PARAMETER_VALUE",
      message: `The request body must be at most 200000 bytes, got a request of size ${body.length}.`,
    });
    const raw = new RawSocket(port);
    raw.send(`POST ${createRun} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await raw.until(/413[\s\S]*size 200014/);
    raw.send(`GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(await raw.closed()).toContain(`{"status":"ok"}`);
  });

  test("one of gigabytes is refused by its announcement, unread", async () => {
    const raw = new RawSocket(port);
    raw.send(`POST ${createRun} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000000\r\n\r\n{`);
    expect(await raw.closed()).toMatch(/413[\s\S]*got a request of size 5000000000/);
  });

  test("one of gigabytes in chunks is cut off", async () => {
    const chunk = `${(2 ** 20).toString(16)}\r\n${"x".repeat(2 ** 20)}\r\n`;
    const raw = new RawSocket(port);
    raw.send(`POST ${createRun} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    for (let i = 0; i < 40; i++) raw.send(chunk);
    expect(await raw.closed()).toMatch(/^(HTTP\/1.1 413|$)/);
  });

  test("a batch may have MLflow's million bytes and not one more", async () => {
    const batch = (size: number) => {
      const frame = JSON.stringify({ run_id: "" });
      return JSON.stringify({ run_id: "x".repeat(size - frame.length) });
    };
    const path = "/api/2.0/mlflow/runs/log-batch";
    expect((await post(path, batch(1_000_000))).status).toBe(200);
    const response = await post(path, batch(1_000_001));
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        error_code: "INVALID_PARAMETER_VALUE",
        message: "Batched logging API requests must be at most 1000000 bytes, got a request of size 1000001.",
      },
    ]);
  });

  test.each([
    [`{"user_id":`, "ends too early, at position 11"],
    ["[1]", "must be a JSON object"],
    [`{"user_id":"\\ud800"}`, "'user_id' holds"],
    [`{"user_id":5}`, "Invalid value 5 for parameter 'user_id' supplied. Hint: Value was of type 'int'."],
  ])("%s is 400 in MLflow's shape", async (body, sentence) => {
    const response = await post(createRun, body);
    const { error_code, message } = await json(response);
    expect([response.status, error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
    expect(message).toContain(sentence);
  });

  test("bytes that are not UTF-8 are 400", async () => {
    expect(await errorOf(await post(createRun, Buffer.from([0x7b, 0xff, 0x7d])))).toEqual([
      400,
      "INVALID_PARAMETER_VALUE",
    ]);
  });

  test("one that stops arriving is 408", async () => {
    const raw = new RawSocket(port);
    raw.send(`POST ${createRun} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"user_id":`);
    expect(await raw.closed()).toMatch(/^HTTP\/1.1 408[\s\S]*took too long/);
  });

  test("one that comes byte by byte is read like any other", async () => {
    const raw = new RawSocket(port);
    const request = `POST ${createRun} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 15\r\n\r\n{"user_id":"b"}`;
    for (const byte of request) {
      raw.send(byte);
      await new Promise(setImmediate);
    }
    expect(await raw.closed()).toContain(`"user_id":"b"`);
  });
});

describe("connections", () => {
  test("both lengths at once, which smugglers send, are refused", async () => {
    const raw = new RawSocket(port);
    raw.send(
      `POST ${createRun} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    );
    expect(await raw.closed()).toMatch(/^HTTP\/1.1 400/);
  });

  test("a head beyond 16 kB is 431", async () => {
    const raw = new RawSocket(port);
    raw.send(`GET /health HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(await raw.closed()).toMatch(/^HTTP\/1.1 431/);
  });

  test("one that never finishes its head is cut", async () => {
    expect(await new RawSocket(port).send("GET /health HTTP/1.1\r\nHost:").closed()).toMatch(
      /^(HTTP\/1.1 408|$)/,
    );
  });

  test("one that says nothing is cut", async () => {
    expect(await new RawSocket(port).closed()).toBe("");
  });

  test("one carries many requests, pipelined too", async () => {
    const raw = new RawSocket(port);
    const request = (last: boolean) =>
      `GET /livez HTTP/1.1\r\nHost: x\r\n${last ? "Connection: close\r\n" : ""}\r\n`;
    raw.send(request(false).repeat(4) + request(true));
    expect((await raw.closed()).match(/"status":"ok"/g)).toHaveLength(5);
  });

  test("a request of nonsense is 400 and costs only itself", async () => {
    for (const nonsense of [
      "\0\0\0\0",
      "GET\r\n\r\n",
      "PRIVET * HTTP/9\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    ])
      await new RawSocket(port).send(nonsense).closed();
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });
});

describe("messages of other protocols", () => {
  test("have their limit, deflated ones by their inflated size", async () => {
    const client = createClient(MlflowService, createConnectTransport({ baseUrl: url, httpVersion: "1.1" }));
    const error = await client.createRun({ userId: "x".repeat(5_000_000) }).catch(ConnectError.from);
    expect(error).toMatchObject({ code: Code.ResourceExhausted });
  });

  test("that stop arriving are cut off, and streams that wait are not", async () => {
    const session = http2.connect(url);
    const open = (path: string) => {
      const headers = { ":path": path, ":method": "POST", "content-type": "application/grpc+proto" };
      return session
        .request(headers)
        .on("error", () => {})
        .resume();
    };
    const stream = open("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    const message = open("/mlflow.MlflowService/createRun");
    const cut = new Promise((resolve) => message.once("close", resolve));
    const raw = new RawSocket(port);
    raw.send(
      "POST /mlflow.MlflowService/createRun HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    );
    await raw.closed();
    await cut;
    expect(stream.closed).toBe(false); // though it was opened first
    session.destroy();
  });

  test("that are too long are refused before their end, and their connection closed", async () => {
    const raw = new RawSocket(port);
    raw.send(
      "POST /mlflow.MlflowService/createRun HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n{",
    );
    expect(await raw.closed()).toMatch(/^HTTP\/1.1 429[\s\S]*resource_exhausted/);
  });
});

describe("a browser", () => {
  test.each([
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ "sec-fetch-site": "cross-site", origin: "http://x" }, 403],
    [{ "sec-fetch-site": "same-site", origin: "http://x:8080" }, 403],
    [{ "sec-fetch-site": "same-origin", origin: "https://proxied.example" }, 200],
    [{ "sec-fetch-site": "none" }, 200],
    [{ origin: "https://evil.example" }, 403],
    [{ origin: "http://x.evil.example" }, 403],
    [{ origin: "http://x:8080" }, 403],
    [{ origin: "http://x@evil.example" }, 403],
    [{ origin: "http://x" }, 200],
    [{ origin: "https://x" }, 200],
    [{ origin: "file://" }, 403],
    [{ origin: "null" }, 403],
    [{ origin: "" }, 403],
    [{}, 200],
  ])("that sends %j to change something gets %i", async (headers, status) => {
    for (const path of [createRun, "/mlflow.MlflowService/createRun"]) {
      const raw = new RawSocket(port);
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      raw.send(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n${lines.join("")}\r\n{}`,
      );
      expect(await raw.closed()).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
    }
  });

  test.each([
    ["application/json", 200],
    ["application/json; charset=utf-8", 200],
    ["Application/JSON", 200],
    ["text/plain", 415],
    ["text/plain; application/json", 415],
    ["application/jsonp", 415],
    ["application/x-www-form-urlencoded", 415],
    ["multipart/form-data; boundary=a", 415],
    ["", 415],
  ])("may send JSON as '%s' or not, and anything else may: %i", async (type, status) => {
    const own = await post(createRun, "{}", { origin: url, "content-type": type });
    expect(own.status).toBe(status);
    expect((await post(createRun, "{}", { "content-type": type })).status).toBe(200);
  });

  test("of the server's own pages may, also behind a proxy that changes the host, and every page may read what it is let read", async () => {
    const headers = { "content-type": "application/json" };
    expect((await post(createRun, "{}", { ...headers, origin: url })).status).toBe(200);
    const { url: proxied } = await testApp(
      { createRun: () => ({}) },
      { edge: { names: ["mlflow.example.org"] } },
    );
    for (const [origin, status] of Object.entries({
      "https://mlflow.example.org": 200,
      "https://mlflow.example.org:8443": 403,
      "https://evil.example.org": 403,
    })) {
      const answer = await fetch(proxied + createRun, {
        method: "POST",
        headers: { ...headers, origin },
        body: "{}",
      });
      expect([origin, answer.status]).toEqual([origin, status]);
    }
    const read = await fetch(`${url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=1`, {
      headers: { origin: "https://other.example" },
    });
    expect([read.status, read.headers.get("access-control-allow-origin")]).toEqual([200, null]);
  });
});

describe("the end", () => {
  test("lets calls in flight finish on every protocol, closes idle connections, and takes no new ones", async () => {
    const gates = new Map<string, PromiseWithResolvers<void>>();
    const arrived = Promise.withResolvers<void>();
    let ready = true;
    const draining = new AbortController();
    const stopping = await testApp(
      {
        async getRun({ runId }) {
          const gate = Promise.withResolvers<void>();
          gates.set(runId, gate);
          if (gates.size === 3) arrived.resolve();
          await gate.promise;
          return { run: { info: { runId } } };
        },
      },
      { health: { version: "0", reachable: async () => ready, draining: draining.signal } },
    );
    const idle = new RawSocket(stopping.port).send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    await idle.until(/"status":"ok"/);
    const idleSession = http2.connect(stopping.url);
    await new Promise((resolve) => idleSession.once("remoteSettings", resolve));
    const answers = [
      fetch(`${stopping.url}/api/2.0/mlflow/runs/get?run_id=rest`).then(
        async (r) => (await json(r)).run.info.run_id,
      ),
      ...[
        createGrpcTransport({ baseUrl: stopping.url }),
        createConnectTransport({ baseUrl: stopping.url, httpVersion: "1.1" }),
      ].map(
        async (transport, i) =>
          (await createClient(MlflowService, transport).getRun({ runId: `rpc${i}` })).run?.info?.runId,
      ),
    ];
    await arrived.promise;

    draining.abort();
    const readiness = await fetch(`${stopping.url}/readyz`);
    expect([readiness.status, await readiness.json()]).toEqual([503, { status: "draining" }]);
    ready = false;

    const closed = stopping.app.close();
    await idle.closed();
    await expect(fetch(`${stopping.url}/livez`)).rejects.toThrow();
    for (const gate of gates.values()) gate.resolve();
    expect(await Promise.all(answers)).toEqual(["rest", "rpc0", "rpc1"]);
    const outcome = await Promise.race([
      closed.then(() => "closed"),
      sleep(5_000, "still open", { ref: false }),
    ]);
    expect(outcome).toBe("closed");
    idleSession.destroy();
  });

  test("a database that does not answer makes the server not ready, and alive", async () => {
    let reachable = false;
    const { url } = await testApp(
      {},
      {
        health: {
          version: "0",
          reachable: () => (reachable ? Promise.resolve() : Promise.reject(new Error("away"))),
        },
      },
    );
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    reachable = true;
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 5_000 }).toBe(200);
  });
});
