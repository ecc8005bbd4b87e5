import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { drain, type MinimumRate, uploadBody } from "../../../src/http/upload-body.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** A server that does `handle` with each request and answers with what that gives; and a connection to it. */
async function exchange(handle: (request: IncomingMessage) => Promise<string>): Promise<Socket> {
  const server = createServer((request, response) => {
    handle(request).then(
      (answer) => response.end(answer),
      (error: { status?: number; message: string }) => {
        response.statusCode = error.status ?? 500;
        response.end(error.message);
      },
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => {});
  open.push(server, { close: () => socket.destroy() });
  return socket;
}

const head = (...lines: string[]) => ["PUT / HTTP/1.1", "Host: x", ...lines, "", ""].join("\r\n");
const receive = (rate?: MinimumRate) => async (request: IncomingMessage) =>
  `${(await buffer(uploadBody(request, rate))).length} bytes`;

describe("the body of an upload", () => {
  it("is all that was announced", async () => {
    const socket = await exchange(receive());
    socket.write(`${head("Connection: close", "Content-Length: 5")}hello`);
    expect(await text(socket)).toMatch(/5 bytes$/);
  });

  it("fails when it is slower than the minimum, with an answer", async () => {
    const socket = await exchange(receive({ bytes: 100, milliseconds: 50 }));
    socket.write(`${head("Connection: close", "Content-Length: 1000")}a few bytes`);
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toMatch(/The upload is slower than 100 bytes in 0.05 seconds.$/);
  });

  it("does not fail while it is fast enough, however long it takes", async () => {
    // Windows so long that a busy machine does not leave one of them empty.
    const socket = await exchange(receive({ bytes: 1, milliseconds: 700 }));
    socket.write(head("Connection: close", "Content-Length: 400"));
    for (let i = 0; i < 40; i++) {
      socket.write("x".repeat(10));
      await sleep(50);
    }
    expect(await text(socket)).toMatch(/400 bytes$/);
  });

  it("does not fail while its consumer is the slow one", async () => {
    const socket = await exchange(async (request) => {
      const body = uploadBody(request, { bytes: 1_000_000, milliseconds: 700 });
      await sleep(2_000);
      return `${(await buffer(body)).length} bytes`;
    });
    socket.write(`${head("Connection: close", "Content-Length: 400000")}${"x".repeat(400_000)}`);
    expect(await text(socket)).toMatch(/400000 bytes$/);
  });

  it("leaves no clock behind when it ends", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((one) => one === "Timeout").length;
    let during = 0;
    const before = timers();
    const socket = await exchange(async (request) => {
      const body = uploadBody(request, { bytes: 1, milliseconds: 60_000 });
      during = timers();
      return text(body);
    });
    socket.write(`${head("Connection: close", "Content-Length: 1")}x`);
    await text(socket);
    expect(during).toBeGreaterThan(before);
    expect(timers()).toBeLessThan(during);
  });
});

describe("what is left of a refused upload", () => {
  it("is read and dropped, up to a time, and then cut off", async () => {
    const socket = await exchange(async (request) => {
      drain(request, 100);
      return "refused";
    });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    const started = performance.now();
    socket.write(head("Content-Length: 1000000"));
    const beat = setInterval(() => socket.write("x"), 10);
    await closed;
    clearInterval(beat);
    expect(performance.now() - started).toBeGreaterThan(50);
  });
});
