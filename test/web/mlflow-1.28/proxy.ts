import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, extname, join } from "node:path";
import { afterAll } from "vitest";
import { ensureClient } from "../../../scripts/clients.ts";

/** What MLflow's own server answers beside its pages; all of it is ours to answer. */
const ours = /^\/(ajax-api\/2\.0\/|get-artifact\?|model-versions\/get-artifact\?)/;

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".ttf": "font/ttf",
};

/**
 * Serves the pages of MLflow 1.28, as they lie in its package, in front of the server at `upstream` (a tracking URI), as
 * MLflow's server serves them in front of itself. Closed after the file.
 * @returns the address of the pages.
 */
export async function pagesInFrontOf(upstream: string): Promise<string> {
  const python = await ensureClient("mlflow-1.28");
  const site = join(dirname(dirname(python)), "lib", "python3.11", "site-packages");
  const build = join(site, "mlflow", "server", "js", "build");
  const server = createServer((incoming, outgoing) => {
    const url = incoming.url ?? "/";
    if (ours.test(url)) pass(`${upstream}${url}`, incoming, outgoing);
    else if (url === "/") serve(join(build, "index.html"), outgoing);
    else if (url.startsWith("/static-files/"))
      serve(join(build, new URL(url, "http://x").pathname.slice(14)), outgoing);
    else outgoing.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function pass(to: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, headers } = incoming;
  const onward = request(to, { ...(method && { method }), headers, agent: false }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  outgoing.on("close", () => onward.destroy());
  incoming.pipe(onward);
}

function serve(file: string, outgoing: ServerResponse): void {
  readFile(file).then(
    (bytes) =>
      outgoing
        .writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" })
        .end(bytes),
    () => outgoing.writeHead(404).end(),
  );
}
