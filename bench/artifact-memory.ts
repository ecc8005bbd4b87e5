/**
 * Uploads and downloads one large artifact through a real server and prints that server's memory meanwhile: it has to stay
 * flat, whatever the size. `scripts/run bench/artifact-memory.ts [--gigabytes 2]`. Linux only (/proc).
 */
import { spawn } from "node:child_process";
import { createHash, randomFillSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { get, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({ options: { gigabytes: { type: "string", default: "2" } } });
const chunk = 2 ** 20;
const size = Math.round(Number(options.gigabytes) * 1024) * chunk;
const program = join(import.meta.dirname, "..", "src", "main.ts");
const artifact = "/api/2.0/mlflow-artifacts/artifacts/bench/large.bin";

/** Resident memory of one process, in MiB. */
const resident = (pid: number) =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** `size` bytes that do not repeat within a megabyte, and differ from one megabyte to the next. */
async function* bytes(hash: { update(bytes: Uint8Array): unknown }) {
  const block = randomFillSync(Buffer.alloc(chunk));
  for (let sent = 0; sent < size; sent += chunk) {
    const next = Buffer.from(block);
    next.writeDoubleLE(sent);
    hash.update(next);
    yield next;
  }
}

/** Does `work`, and prints how long it took and how the memory of process `pid` went. */
async function watched(what: string, pid: number, work: () => Promise<void>): Promise<void> {
  const start = performance.now();
  const before = resident(pid);
  const samples: number[] = [];
  const clock = setInterval(() => samples.push(resident(pid)), 100);
  await work();
  clearInterval(clock);
  const seconds = (performance.now() - start) / 1000;
  const quarters = [0, 1, 2, 3].map((quarter) => {
    const part = samples.slice((samples.length * quarter) / 4, (samples.length * (quarter + 1)) / 4);
    return Math.round(part.reduce((sum, one) => sum + one, 0) / part.length);
  });
  console.log(
    `${what}: ${size / chunk} MiB in ${seconds.toFixed(1)} s (${Math.round(size / chunk / seconds)} MiB/s); ` +
      `server RSS before ${Math.round(before)} MiB, by quarter ${quarters.join(" ")} MiB, peak ${Math.round(Math.max(...samples))} MiB`,
  );
}

async function upload(url: string): Promise<string> {
  const hash = createHash("sha256");
  const outgoing = request(`${url}${artifact}`, { method: "PUT", headers: { "content-length": size } });
  const answered = once(outgoing, "response");
  await pipeline(Readable.from(bytes(hash), { highWaterMark: 1 }), outgoing);
  const [response]: IncomingMessage[] = await answered;
  response?.resume();
  if (response?.statusCode !== 200) throw new Error(`upload: ${response?.statusCode}`);
  return hash.digest("hex");
}

async function download(url: string): Promise<string> {
  const hash = createHash("sha256");
  const [response]: IncomingMessage[] = await once(get(`${url}${artifact}`), "response");
  if (response?.statusCode !== 200) throw new Error(`download: ${response?.statusCode}`);
  await pipeline(response, hash);
  return hash.digest("hex");
}

const home = await mkdtemp(join(tmpdir(), "loggia-artifact-memory-"));
const server = spawn(process.execPath, [program, "serve", "--port", "0", "--data-dir", home], {
  stdio: ["ignore", "pipe", "inherit"],
  env: { ...process.env, LOGGIA_LOG_LEVEL: "warn" },
});
try {
  let url: string | undefined;
  for await (const line of createInterface(server.stdout)) {
    url = /ready at (\S+)/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  if (url === undefined || server.pid === undefined) throw new Error("the server did not start");
  const at = url;
  let sent = "";
  let received = "";
  await watched("upload", server.pid, async () => {
    sent = await upload(at);
  });
  await watched("download", server.pid, async () => {
    received = await download(at);
  });
  console.log(sent === received ? "the bytes are the same (SHA-256)" : "THE BYTES DIFFER");
  process.exitCode = sent === received ? 0 : 1;
} finally {
  const exit = once(server, "exit");
  server.kill("SIGTERM");
  await exit;
  await rm(home, { recursive: true, force: true });
}
