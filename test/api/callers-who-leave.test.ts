import { once } from "node:events";
import { request } from "node:http";
import { beforeEach, describe, expect, test } from "vitest";
import { ExportService } from "../../gen/loggia/v1/export_pb.js";
import { IngestService } from "../../gen/loggia/v1/ingest_pb.js";
import { WatchService } from "../../gen/loggia/v1/watch_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { lockExperiments } from "../support/experiments-lock.ts";
import { answers, outgoing } from "../support/outgoing.ts";
import { streamingProtocols, testServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { reader } from "../support/watching.ts";

/** What the log says of a call whose caller goes away in the middle: one line, and no trouble. */

interface Line {
  level: number;
  msg: string;
  rpc?: string;
  status?: string;
}
const lines: Line[] = [];
const server = await testServer({
  log: { level: "debug", stream: { write: (line: string) => void lines.push(JSON.parse(line)) } },
});

beforeEach(() => {
  lines.length = 0;
});

const info = 30;

/** Waits for the call's own line, and looks whether it is all that was said of it. */
async function expectLeft(rpc: string) {
  const own = () => lines.filter((line) => line.rpc === rpc);
  await until(`the end of ${rpc} is logged`, () => own().length > 0);
  expect(own()).toMatchObject([{ status: "CANCELLED" }]);
  expect(lines.filter(({ level }) => level > info)).toEqual([]);
}

const protocols = ["connect", "connect over HTTP/2", "grpc", "grpc-web"] as const;

describe.each(protocols)("a caller who leaves, over %s", (protocol) => {
  test("in the middle of a read is no error of the server's", async () => {
    const client = (await server.project()).client(MlflowService, protocol);
    const { waiting, unlock } = await lockExperiments(server);
    const leaving = new AbortController();
    const call = client.searchExperiments({ maxResults: 10n }, { signal: leaving.signal }).catch(() => {});
    await until("the query waits", async () => (await waiting()) > 0);
    leaving.abort();
    await call;
    await expectLeft("mlflow.MlflowService/searchExperiments");
    await unlock();
  });

  test("in the middle of a write, which is done to its end, is none either", async () => {
    const client = (await server.project()).client(MlflowService, protocol);
    const { waiting, unlock } = await lockExperiments(server);
    const leaving = new AbortController();
    const rpc = "mlflow.MlflowService/createExperiment";
    const call = client.createExperiment({ name: "made" }, { signal: leaving.signal }).catch(() => {});
    await until("the query waits", async () => (await waiting()) > 0);
    leaving.abort();
    await call;
    await unlock();
    await until("its end is logged", () => lines.some((line) => line.rpc === rpc));
    expect(lines.filter(({ level }) => level > info)).toEqual([]);
    expect((await client.getExperimentByName({ experimentName: "made" })).experiment?.name).toBe("made");
  });

  test("in the middle of a watch is no error of the server's", async () => {
    const project = await server.project();
    const leaving = new AbortController();
    const watch = reader(
      project.client(WatchService, protocol).watch({ experimentId: "0" }, { signal: leaving.signal }),
    );
    await watch.caughtUp();
    leaving.abort();
    await expectLeft("loggia.v1.WatchService/Watch");
  });

  test("before the first message of an export is no error of the server's", async () => {
    const project = await server.project();
    const { waiting, unlock } = await lockExperiments(server);
    const leaving = new AbortController();
    const taken = answers(
      project
        .client(ExportService, protocol)
        .exportRuns({ experimentIds: ["0"] }, { signal: leaving.signal }),
    );
    const first = taken.next().catch(() => {});
    await until("the query waits", async () => (await waiting()) > 0);
    leaving.abort();
    await first;
    await unlock();
    await expectLeft("loggia.v1.ExportService/ExportRuns");
  });
});

test.each(streamingProtocols)("a sender who leaves an ingest over %s is no error", async (protocol) => {
  const project = await server.project();
  const leaving = new AbortController();
  const requests = outgoing<{ sequence: bigint }>();
  const acknowledged = answers(
    project.client(IngestService, protocol).ingest(requests, { signal: leaving.signal }),
  );
  requests.send({ sequence: 1n });
  await acknowledged.next();
  leaving.abort();
  // What was sent is done, and so the stream is: it has ended well for the server.
  await until("its end is logged", () => lines.some(({ rpc }) => rpc === "loggia.v1.IngestService/Ingest"));
  expect(lines.filter(({ level }) => level > info)).toEqual([]);
});

test("a caller who leaves in the middle of a body, or of an answer over REST, is no error", async () => {
  const { uri } = await server.project();
  const open = (path: string, length: number) => {
    const call = request(`${uri}/api/2.0/mlflow/${path}`, {
      method: length > 0 ? "POST" : "GET",
      headers: length > 0 ? { "content-length": length, expect: "100-continue" } : {},
    });
    call.on("error", () => {});
    return call;
  };
  const half = open("runs/create", 100);
  half.flushHeaders();
  await once(half, "continue");
  half.write('{"experiment_id": ');
  half.destroy();
  await expectLeft("mlflow.MlflowService/createRun");

  lines.length = 0;
  const { waiting, unlock } = await lockExperiments(server);
  const read = open("experiments/get?experiment_id=0", 0);
  read.end();
  await until("the query waits", async () => (await waiting()) > 0);
  read.destroy();
  await expectLeft("mlflow.MlflowService/getExperiment");
  await unlock();
});
