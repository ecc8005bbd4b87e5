import { createClient, type Interceptor } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  type GrpcTransportOptions,
} from "@connectrpc/connect-node";
import { expect, test } from "vitest";
import { IngestService } from "../../gen/loggia/v1/ingest_pb.js";
import { WatchService } from "../../gen/loggia/v1/watch_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { answers, outgoing } from "../support/outgoing.ts";
import { failure, streamingProtocols, type TestProject, testServer } from "../support/server.ts";
import { issueToken, makeUser } from "../support/tokens.ts";
import { until } from "../support/until.ts";
import { reader } from "../support/watching.ts";

/** What surrounds streams: lines of the log, sessions of browsers, compression. */

interface Line {
  rpc?: string;
  status?: string;
  project?: string;
  ms?: number;
}
const lines: Line[] = [];
const server = await testServer({
  log: { level: "debug", stream: { write: (line: string) => void lines.push(JSON.parse(line)) } },
});
const guarded = await testServer({ open: false });

const newRun = async (project: TestProject): Promise<string> =>
  (await project.client(MlflowService, "grpc").createRun({ experimentId: "0" })).run?.info?.runId ?? "";

const loggedOf = (project: TestProject, rpc: string) =>
  lines.filter((line) => line.rpc === rpc && line.project === String(project.id));

test("a stream is logged once, at its end: how it ended, and after how long", async () => {
  const project = await server.project();
  const runId = await newRun(project);
  const ingest = "loggia.v1.IngestService/Ingest";
  const send = () => {
    const requests = outgoing<{ sequence: bigint; writes?: object[] }>();
    return {
      requests,
      acknowledged: answers(project.client(IngestService, "grpc").ingest(requests)),
    };
  };
  const good = send();
  const began = performance.now();
  good.requests.send({ sequence: 1n, writes: [{ runId, tags: [{ key: "t", value: "v" }] }] });
  await good.acknowledged.next();
  expect(loggedOf(project, ingest)).toEqual([]);
  const least = performance.now() - began;
  good.requests.send({ sequence: 2n });
  good.requests.end();
  await good.acknowledged.rest();
  await until("its end is logged", () => loggedOf(project, ingest).length > 0);
  expect(loggedOf(project, ingest)).toMatchObject([{ status: "OK" }]);
  expect(loggedOf(project, ingest)[0]?.ms).toBeGreaterThan(least / 4);

  const bad = send();
  bad.requests.send({ sequence: 0n });
  await failure(bad.acknowledged.next());
  await until("the failure is logged", () => loggedOf(project, ingest).length > 1);
  expect(loggedOf(project, ingest)[1]).toMatchObject({ status: "INVALID_PARAMETER_VALUE" });

  const leaving = new AbortController();
  const watch = reader(
    project.client(WatchService, "grpc").watch({ runIds: [runId] }, { signal: leaving.signal }),
  );
  await watch.caughtUp();
  const left = "loggia.v1.WatchService/Watch";
  expect(loggedOf(project, left)).toEqual([]);
  leaving.abort();
  await until("that its reader left is logged", () => loggedOf(project, left).length > 0);
  expect(loggedOf(project, left)).toMatchObject([{ status: "CANCELLED" }]);
});

test("the session of a browser may watch, with no token, and no longer once it is signed out", async () => {
  const project = await guarded.project();
  const user = await makeUser(guarded.db, { projects: [[project.id, "developer"]] });
  const token = await issueToken(guarded.db, { kind: "personal", user });
  const sign = (verb: "in" | "out", headers: Record<string, string>) =>
    fetch(`${guarded.url}/api/1.0/loggia/sessions/sign-${verb}`, {
      method: "POST",
      headers: { "content-type": "application/json", "sec-fetch-site": "same-origin", ...headers },
      body: "{}",
    });
  const signedIn = await sign("in", { authorization: `Bearer ${token}` });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const asBrowser: Interceptor = (next) => (request) => {
    request.header.set("cookie", cookie);
    request.header.set("sec-fetch-site", "same-origin");
    request.header.set("loggia-project", String(project.id));
    return next(request);
  };
  const transport = createConnectTransport({
    baseUrl: guarded.url,
    httpVersion: "1.1",
    interceptors: [asBrowser],
  });
  const watch = reader(createClient(WatchService, transport).watch({ experimentId: "0" }));
  await watch.caughtUp();
  const { run } = await project.client(MlflowService, "grpc", token).createRun({ experimentId: "0" });
  await watch.until((runs) => runs.has(run?.info?.runId ?? ""));
  await sign("out", { cookie });
  expect(await failure(watch.until(() => false))).toMatchObject({ errorCode: "CUSTOMER_UNAUTHORIZED" });
});

test.each(streamingProtocols)("streams over %s are compressed both ways for who asks", async (protocol) => {
  const project = await server.project();
  const runId = await newRun(project);
  const codings: (string | null)[] = [];
  const inProject: Interceptor = (next) => async (request) => {
    request.header.set("loggia-project", String(project.id));
    const response = await next(request);
    codings.push(response.header.get(protocol === "grpc" ? "grpc-encoding" : "connect-content-encoding"));
    return response;
  };
  const options = {
    baseUrl: server.url,
    interceptors: [inProject],
    sendCompression: compressionGzip,
    acceptCompression: [compressionGzip],
    compressMinBytes: 0,
  } satisfies GrpcTransportOptions;
  const transport =
    protocol === "grpc"
      ? createGrpcTransport(options)
      : createConnectTransport({ ...options, httpVersion: "2" });
  const value = "long ".repeat(90);
  async function* requests() {
    for (let n = 1n; n <= 20n; n++)
      yield { sequence: n, writes: [{ runId, params: [{ key: `p${n}`, value }] }] };
  }
  let durable = 0n;
  for await (const { durableSequence } of createClient(IngestService, transport).ingest(requests()))
    durable = durableSequence;
  expect(durable).toBe(20n);
  const watch = reader(createClient(WatchService, transport).watch({ runIds: [runId] }));
  await watch.caughtUp();
  expect(Object.values(watch.run(runId).params)).toEqual(Array(20).fill(value));
  await watch.leave();
  expect(codings).toEqual(["gzip", "gzip"]);
});
