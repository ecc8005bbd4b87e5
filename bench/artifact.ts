/** Whether a large artifact costs memory: one is sent and fetched again, and the server's resident memory read meanwhile. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { residentMiB } from "./processes.ts";
import { writesExperiment } from "./seed.ts";
import type { Running } from "./systems.ts";
import { number, table } from "./table.ts";

const mebibyte = Buffer.alloc(1 << 20, "loggia");

/** Sends and fetches a file of so many GiB. Returns a table. */
export async function largeArtifact({ url, pid }: Running, gib: number): Promise<string> {
  const path = `${url}/api/2.0/mlflow-artifacts/artifacts/${writesExperiment}/large/artifacts/file.bin`;
  const size = gib * 2 ** 30;
  const lines: string[][] = [];
  const idle = residentMiB(pid);
  const watch = async (title: string, transfer: () => Promise<void>) => {
    let most = 0;
    const timer = setInterval(() => {
      most = Math.max(most, residentMiB(pid));
    }, 100);
    const begin = performance.now();
    await transfer().finally(() => clearInterval(timer));
    const seconds = (performance.now() - begin) / 1000;
    lines.push([
      `${title} ${gib} GiB`,
      number(seconds),
      number(size / 2 ** 20 / seconds),
      number(idle),
      number(most),
    ]);
  };
  await watch("upload of", async () => {
    const call = request(path, { method: "PUT", headers: { "content-length": size } });
    const answered = once(call, "response") as Promise<[IncomingMessage]>;
    const [[answer]] = await Promise.all([answered, pipeline(Readable.from(pieces(size)), call)]);
    answer.resume();
    if (answer.statusCode !== 200) throw new Error(`the upload was answered ${answer.statusCode}`);
  });
  await watch("download of", async () => {
    const answer = await fetch(path);
    let received = 0;
    for await (const piece of answer.body ?? []) received += piece.length;
    if (received !== size) throw new Error(`${received} of ${size} bytes came back`);
  });
  return table(["Loggia, one artifact", "s", "MiB/s", "resident MiB before", "at most"], lines);
}

function* pieces(size: number): Generator<Buffer> {
  for (let sent = 0; sent < size; sent += mebibyte.length) yield mebibyte.subarray(0, size - sent);
}
