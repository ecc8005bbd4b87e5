/**
 * `scripts/run bench/watchers.ts URL RUN COUNT`: COUNT watchers of a run in a process of their own, so that the server's time
 * is not that of its readers. Whoever logs gives as value the moment of the write, in milliseconds since the epoch. Says
 * `ready` once all follow; when its input ends, the milliseconds from write to watcher as a line of JSON.
 */
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { WatchService } from "../gen/loggia/v1/watch_pb.js";

const [baseUrl = "", runId = "", count = ""] = process.argv.slice(2);
/** A connection has a hundred calls at most. */
const callsOfConnection = 100;

const now = () => performance.timeOrigin + performance.now();
const delays: number[] = [];
const leaving = new AbortController();

async function watch(client: ReturnType<typeof newClient>, follows: () => void): Promise<void> {
  let answers = 0;
  const request = { runIds: [runId], onlyChanges: true };
  for await (const { changes, caughtUp } of client.watch(request, { signal: leaving.signal })) {
    // The first says where it begins, the second that from there on it follows.
    if (caughtUp && ++answers === 2) follows();
    for (const { latestMetrics } of changes)
      for (const { value } of latestMetrics) delays.push(now() - value);
  }
}

const newClient = () => createClient(WatchService, createGrpcTransport({ baseUrl }));
const clients = Array.from({ length: Math.ceil(Number(count) / callsOfConnection) }, newClient);
await Promise.all(
  Array.from(
    { length: Number(count) },
    (_, i) =>
      new Promise<void>((follows, failed) => {
        const client = clients[Math.floor(i / callsOfConnection)] as (typeof clients)[0];
        watch(client, follows).catch((error) => leaving.signal.aborted || failed(error));
      }),
  ),
);
console.log("ready");
process.stdin.resume().once("end", () => {
  leaving.abort();
  console.log(JSON.stringify(delays.map((delay) => Math.round(delay * 10) / 10)));
  process.exit();
});
