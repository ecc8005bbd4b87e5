import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, test } from "vitest";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.js";
import { addressKey, principalKey } from "../../src/auth/context-keys.ts";
import { anonymous, local, type Principal } from "../../src/auth/principal.ts";
import { limitConcurrency } from "../../src/interceptors/concurrency.ts";
import { errors } from "../../src/interceptors/errors.ts";
import { testApp } from "../support/app.ts";
import { until } from "../support/until.ts";

/** How many calls of one token are worked on at a time; the caller is who the header `caller` says. */

const token = (tokenId: bigint): Principal => ({
  kind: "token",
  tokenId,
  tokenKind: "personal",
  name: "someone",
  isAdmin: false,
  scopes: new Set(),
});
const callers: Record<string, Principal> = { one: token(1n), two: token(2n), anonymous, local };

/** Calls that wait for the test, by run id. */
const waiting = new Map<string, PromiseWithResolvers<void>>();

const { url } = await testApp(
  {
    async getRun({ runId }) {
      const gate = Promise.withResolvers<void>();
      waiting.set(runId, gate);
      await gate.promise;
      return { run: { info: { runId } } };
    },
    createRun: () => ({}),
    deleteRun() {
      throw new Error("a defect");
    },
  },
  {
    interceptors: (log) => [
      errors(log),
      (next) => (request) => {
        request.contextValues.set(principalKey, callers[request.header.get("caller") ?? "local"]);
        request.contextValues.set(addressKey, request.header.get("address") ?? "192.0.2.1");
        return next(request);
      },
      limitConcurrency(3),
    ],
  },
);

const call = (caller: string, path: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/api/2.0/mlflow/${path}`, {
    method: path.startsWith("runs/get") ? "GET" : "POST",
    headers: { caller, ...headers },
  });
const quick = async (caller: string, headers = {}) => (await call(caller, "runs/create", headers)).status;

/** Calls that are being worked on until `end`. */
async function held(count: number, caller: string, headers: Record<string, string> = {}) {
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  const answers = ids.map((id) => call(caller, `runs/get?run_id=${id}`, headers));
  await until("the calls are being worked on", () => ids.every((id) => waiting.has(id)));
  return {
    async end() {
      for (const id of ids) waiting.get(id)?.resolve();
      for (const answer of answers) expect((await answer).status).toBe(200);
    },
  };
}

test("a call too many is 429 that says when to come back, and other tokens notice nothing", async () => {
  const calls = await held(3, "one");
  const refused = await call("one", "runs/create");
  expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toEqual([
    429,
    "1",
    {
      error_code: "REQUEST_LIMIT_EXCEEDED",
      message: "At most 3 calls of one token are worked on at a time.",
    },
  ]);
  expect(await quick("two")).toBe(200);
  await calls.end();
  expect(await quick("one")).toBe(200);
});

test("calls that fail, are refused or are given up make room again", async () => {
  for (let i = 0; i < 10; i++) expect((await call("one", "runs/delete")).status).toBe(500);
  const calls = await held(3, "one");
  for (let i = 0; i < 10; i++) expect(await quick("one")).toBe(429);
  await calls.end();
  expect(await quick("one")).toBe(200);
});

test("who calls without a token is counted by address", async () => {
  const calls = await held(3, "anonymous", { address: "2001:db8::1" });
  expect(await quick("anonymous", { address: "2001:db8::2" })).toBe(429);
  expect(await quick("anonymous", { address: "2001:db8:0:1::1" })).toBe(200);
  await calls.end();
});

test("on an open server nobody is counted", async () => {
  const calls = await held(20, "local");
  expect(await quick("local")).toBe(200);
  await calls.end();
});

test("a stream counts until it ends, or its client is gone", async () => {
  const client = createClient(ServerReflection, createGrpcTransport({ baseUrl: url }));
  const ends: PromiseWithResolvers<void>[] = [];
  const open = async (signal?: AbortSignal) => {
    const end = Promise.withResolvers<void>();
    ends.push(end);
    async function* questions() {
      yield { messageRequest: { case: "listServices", value: "" } } as const;
      await end.promise;
    }
    const options = { headers: { caller: "two" }, ...(signal && { signal }) };
    const answers = client.serverReflectionInfo(questions(), options)[Symbol.asyncIterator]();
    expect((await answers.next()).done).toBe(false);
    return answers;
  };
  const abort = new AbortController();
  const [first] = [await open(), await open(), await open(abort.signal)];
  expect(await quick("two")).toBe(429);
  abort.abort();
  await until("the stream that was given up makes room", async () => (await quick("two")) === 200);
  const last = await open();
  expect(await quick("two")).toBe(429);
  for (const end of ends) end.resolve();
  expect((await first?.next())?.done).toBe(true);
  expect((await last.next()).done).toBe(true);
  await until("streams that end make room", async () => (await quick("two")) === 200);
});
