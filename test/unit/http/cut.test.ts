import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { createServiceImplSpec } from "@connectrpc/connect";
import fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { WatchService } from "../../../gen/loggia/v1/watch_pb.js";
import { cutKey } from "../../../src/auth/context-keys.ts";
import { mountConnect } from "../../../src/http/connect.ts";

/** A server of one stream, which answers once and then waits as long as it is told; and what cuts its calls, in their order. */
async function serve(wait: Promise<void>) {
  const cuts: (() => void)[] = [];
  const app = fastify();
  const watch = createServiceImplSpec<typeof WatchService>(WatchService, {
    async *watch(_request, { values }) {
      const cut = values.get(cutKey);
      if (cut !== undefined) cuts.push(cut);
      yield {};
      await wait;
    },
  });
  mountConnect(app, [watch], { interceptors: [], drainTimeout: 1_000, bodyTimeout: 1_000 });
  await app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(async () => {
    app.server.closeAllConnections();
    await app.close();
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const call = async (): Promise<IncomingMessage> => {
    const sent = request({
      agent,
      port: (app.server.address() as AddressInfo).port,
      method: "POST",
      path: `/${WatchService.typeName}/Watch`,
      headers: { "content-type": "application/connect+json" },
    });
    // An envelope: no flags, two bytes.
    sent.end(Buffer.from([0, 0, 0, 0, 2, ...Buffer.from("{}")]));
    const [answer] = await once(sent, "response");
    return answer;
  };
  return { call, cuts };
}

test("a call over HTTP/1.1 is cut off while its answer is under way", async () => {
  const { call, cuts } = await serve(new Promise(() => {}));
  const answer = await call();
  const over = once(answer.resume(), "close");
  cuts[0]?.();
  await expect(over).rejects.toThrow("aborted");
});

test("a call that is over is not cut off, nor the next one on its connection", async () => {
  const { call, cuts } = await serve(Promise.resolve());
  const first = await call();
  const { socket } = first;
  await once(first.resume(), "end");
  const second = await call();
  expect(second.socket).toBe(socket);
  cuts[0]?.();
  await once(second.resume(), "end");
});
