import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** What an attack on a server aims at, so that a test sees whether it arrived. */

export interface Canary {
  /** Of a file outside of everything the server keeps. */
  path: string;
  /** Its whole content, which is nowhere else. */
  secret: string;
  /** What the file and its directory hold now: the secret, and the names of all files. */
  state(): Promise<{ content: string; files: string[] }>;
  /** The state as it was made. */
  untouched: { content: string; files: string[] };
}

/** A file in the place of /etc/passwd, in a directory of its own; removed after the test file. */
export async function canary(): Promise<Canary> {
  const directory = await mkdtemp(join(tmpdir(), "loggia-outside-"));
  afterAll(() => rm(directory, { recursive: true, force: true }));
  const secret = `canary-${crypto.randomUUID()}`;
  const path = join(directory, "canary");
  await writeFile(path, secret);
  return {
    path,
    secret,
    state: async () => ({
      content: await readFile(path, "utf8").catch(() => "gone"),
      files: await readdir(directory),
    }),
    untouched: { content: secret, files: ["canary"] },
  };
}

export interface Trap {
  /** `http://127.0.0.1:<port>` */
  url: string;
  port: number;
  /** One line per connection and per request that came. */
  visits: string[];
}

/** A port at which nobody has any business; whoever connects is written down. Closed after the test file. */
export async function trap(): Promise<Trap> {
  const visits: string[] = [];
  const server = createServer((request, response) => {
    visits.push(`${request.method} ${request.url}`);
    response.end("trapped");
  });
  server.on("connection", () => visits.push("connection"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, visits };
}
