import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/**
 * A way to Postgres whose greeting has a process id of its own, as that of a pooler, which serves its clients with whichever
 * connection is free. @returns its port, and what ends it.
 */
export async function poolerGreeting(socket: string): Promise<{ port: number; close(): void }> {
  const server = createServer((near) => {
    const far = connect(socket);
    let greeted = false;
    far.on("data", (chunk) => {
      if (!greeted) greeted = replaceProcessId(chunk);
      near.write(chunk);
    });
    near.on("data", (chunk) => far.write(chunk));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => {});
      one.on("close", () => other.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

/** Looks for BackendKeyData among the messages of a chunk (Postgres 18, "Message Formats"). @returns whether it was there */
function replaceProcessId(chunk: Buffer): boolean {
  for (let at = 0; at < chunk.length; at += 1 + chunk.readInt32BE(at + 1))
    if (chunk[at] === "K".charCodeAt(0)) {
      chunk.writeInt32BE(~chunk.readInt32BE(at + 5), at + 5);
      return true;
    }
  return false;
}
