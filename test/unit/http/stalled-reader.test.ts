import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { connect } from "node:http2";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import fastify, { type FastifyInstance } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { cutWhenStalled } from "../../../src/http/stalled-reader.ts";

/** Milliseconds for which a reader may take nothing. */
const stall = 300;

/** An endless file, and where it is served. */
async function serve(version: 1 | 2) {
  const chunk = Buffer.alloc(65_536);
  const file = new Readable({
    read() {
      this.push(chunk);
    },
  });
  // What pipes it is told that its reader is gone by an error, which Fastify hears.
  file.on("error", () => {});
  const app = (version === 2 ? fastify({ http2: true }) : fastify()) as FastifyInstance;
  app.get("/", (_request, reply) => {
    cutWhenStalled(reply.raw, stall);
    return reply.send(file);
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => app.close());
  return { file, port: (app.server.address() as AddressInfo).port };
}

test("over HTTP/1.1, a reader that takes nothing is cut off, and the file is let go of", async () => {
  const { file, port } = await serve(1);
  const over = once(file, "close");
  const [answer] = (await once(get({ port }), "response")) as [IncomingMessage];
  answer.on("error", () => {}); // it is going to be cut off
  await over;
  expect(file.destroyed).toBe(true);
  await expect(once(answer.resume(), "end")).rejects.toThrow("aborted");
});

test("over HTTP/2, a reader that takes nothing is cut off, and the file is let go of", async () => {
  const { file, port } = await serve(2);
  const over = once(file, "close");
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const answer = session.request({ ":path": "/" });
  await once(answer, "response");
  await over;
  expect(file.destroyed).toBe(true);
});

test("a reader that takes a little now and then is not cut off", async () => {
  const { file, port } = await serve(1);
  const [answer] = (await once(get({ port }), "response")) as [IncomingMessage];
  let taken = 0;
  // Longer than it may take nothing, in steps that are shorter.
  for (const end = performance.now() + 4 * stall; performance.now() < end; await sleep(stall / 10))
    taken += (answer.read() as Buffer | null)?.length ?? 0;
  expect(taken).toBeGreaterThan(0);
  expect(file.destroyed).toBe(false);
  answer.destroy();
});
