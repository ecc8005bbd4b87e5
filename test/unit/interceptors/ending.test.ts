import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createContextValues, type StreamRequest, type StreamResponse } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { WatchService } from "../../../gen/loggia/v1/watch_pb.js";
import { endStreams } from "../../../src/interceptors/ending.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const gate = {
  find: () => ({
    principal: { kind: "local" } as const,
    project: { id: 1n, visibility: "members", archived: false } as const,
    role: "owner" as const,
  }),
  projectName: () => "a project",
};

/** A call whose caller goes when `signal` is aborted. */
const call = (signal: AbortSignal, message: AsyncIterable<object>) =>
  ({
    stream: true,
    method: WatchService.method.watch,
    contextValues: createContextValues(),
    signal,
    message,
  }) as unknown as StreamRequest;

test("a stream keeps none of the messages that have passed, in either direction", async () => {
  const passed: WeakRef<object>[] = [];
  async function* messages() {
    for (let i = 0; i < 1_000; i++) {
      const message = { i };
      passed.push(new WeakRef(message));
      yield message;
    }
    // Asked of while the stream is open.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    yield { alive: passed.filter((message) => message.deref() !== undefined).length };
  }
  const leaving = new AbortController();
  const response = (await endStreams(gate)((request) =>
    Promise.resolve({ ...request, message: request.message } as unknown as StreamResponse),
  )(call(leaving.signal, messages()))) as StreamResponse;
  let alive: number | undefined;
  for await (const message of response.message) ({ alive } = message as unknown as { alive?: number });
  expect(alive).toBeLessThan(10);
});
