import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { pageAddresses } from "../auth/permissions.ts";
import { projectReference } from "./project-path.ts";

/**
 * The pages, as they were built (scripts/build-web.ts). Each address of a page is answered with the same document, which
 * carries no data: what it shows it asks as any client does. An address is a page's only when no route has it, so a page
 * never stands in the way of the API, whatever a project is called.
 */
export interface WebOptions {
  /** The folder of the build; it may be missing. */
  root: string;
}

/**
 * Scripts and styles of our own alone, none of them inline; no frame around the pages; in a frame of theirs what this server
 * serves, which artifacts are as documents without rights (http/artifacts.ts).
 */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const year = 365 * 24 * 3_600_000;

/** Says how the pages are made, where they are not. */
const unbuilt =
  "Loggia is running, but its pages are not built. `npm start` builds them, as does `scripts/run scripts/build-web.ts`.\n";

/** Whether a path is an address of the pages. */
function isPage(path: string): boolean {
  return patterns.some((pattern) => pattern.test(path));
}

const segment = String.raw`(?!\.\.?/)[A-Za-z0-9_.][A-Za-z0-9_.-]*`;

/** `:project` is a path of segments, `*` is anything. */
const patterns = pageAddresses.map(
  (address) =>
    new RegExp(`^${address.replace("*", ".*").replace(":project", `(?:${segment}/)*${segment}`)}$`),
);

/**
 * The page for whoever opens a tracking URI of a project in a browser, as from the links that MLflow's clients print:
 * `…/ml/mlflow/#/experiments/1/runs/…`. What is behind the `#` stays with the browser, and is read by the page
 * (web/src/mlflow-link.ts). It is there for every name that a project could have, so it tells nothing of which there are.
 */
function pageOfTrackingUri(request: FastifyRequest): string | undefined {
  const project = projectReference(request.raw);
  if (project === undefined || !request.originalUrl.startsWith("/api/v4/")) return undefined;
  const there = `/${project}/-/ml/experiments`;
  return request.url.split("?")[0] === "/" && isPage(there) ? there : undefined;
}

/** Serves what the document is made of; their names change with what is in them, so they are kept for good. */
export async function webRoutes(app: FastifyInstance, { root }: WebOptions): Promise<void> {
  const assets = join(root, "assets");
  if (!existsSync(assets)) return;
  await app.register(fastifyStatic, {
    root: assets,
    prefix: "/assets/",
    index: false,
    preCompressed: true,
    immutable: true,
    maxAge: year,
    decorateReply: false,
    setHeaders: (reply) => {
      // A worker is bound by the policy of its own script.
      reply.header("content-security-policy", pagePolicy);
    },
  });
}

/** Answers what no route has with the document, if it is an address of the pages; undefined when it is none. */
export function answerPages(
  app: FastifyInstance,
  { root }: WebOptions,
): (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined {
  const isBuilt = existsSync(join(root, "index.html"));
  const preloads = preloadsIn(root);
  if (isBuilt) app.register(fastifyStatic, { root, serve: false, preCompressed: true, cacheControl: false });
  return (request, reply) => {
    if (request.method !== "GET" && request.method !== "HEAD") return undefined;
    const [path = ""] = request.originalUrl.split("?");
    const there = pageOfTrackingUri(request);
    if (there !== undefined) return reply.redirect(there);
    if (!isPage(path)) return undefined;
    if (!isBuilt) return reply.code(404).type("text/plain; charset=utf-8").send(unbuilt);
    reply
      .header("content-security-policy", pagePolicy)
      .header("cross-origin-opener-policy", "same-origin")
      .header("cache-control", "no-cache");
    const link = preloads.find(({ address }) => address.test(path))?.link;
    if (link !== undefined) reply.header("link", link);
    return reply.sendFile("index.html");
  };
}

/** The code of some pages, which a browser may fetch beside that of all (web/preloads.ts). */
function preloadsIn(root: string): { address: RegExp; link: string }[] {
  const file = join(root, "preloads.json");
  if (!existsSync(file)) return [];
  const found = JSON.parse(readFileSync(file, "utf8")) as [address: string, files: string[]][];
  return found.map(([address, files]) => ({
    address: new RegExp(address),
    link: files
      .map(
        (path) =>
          `<${path}>; ${path.endsWith(".css") ? "rel=preload; as=style; crossorigin" : "rel=modulepreload"}`,
      )
      .join(", "),
  }));
}
