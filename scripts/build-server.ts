/**
 * Builds the server into dist/server when it is missing or older than its sources; else it is done at once and says nothing.
 * `npm start` and packing run it. It is the same program in a few files instead of seven hundred, which Node need not look
 * for one by one: a start takes three fifths of the time (docs/performance.md). bin/loggia runs the sources where there is no build, or an older one.
 */
import { existsSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { newest } from "./newest.ts";

const root = new URL("..", import.meta.url).pathname;
const built = join(root, "dist", "server");

/** As old as the beginning of the build, so that it is older than what changed meanwhile; bin/loggia looks at it. */
const main = join(built, "main.js");

// package.json names the versions of what is built in, and npm, which writes the lock file anew to remove what a server does not
// need, leaves it as it is.
const sources = ["src", "gen", "package.json"].map((name) => join(root, name));

const isFresh = () => existsSync(main) && sources.every((path) => newest(path) <= statSync(main).mtimeMs);

async function buildServer(): Promise<void> {
  const { build } = await import("vite");
  console.error("Building the server ...");
  const began = new Date();
  // Beside the one that is there: whoever starts meanwhile finds the old one or the new one, whole. As deep as src/cli, from
  // where the sources look for the pages and for package.json.
  const target = join(root, "dist", `server-${process.pid}`);
  try {
    await build({
      configFile: false,
      root,
      publicDir: false,
      logLevel: "warn",
      build: {
        ssr: "src/main.ts",
        outDir: target,
        target: "esnext",
        minify: false,
        rolldownOptions: { output: { entryFileNames: "main.js", chunkFileNames: "[name]-[hash].js" } },
      },
      // Packages of many small modules; the others are few, and CommonJS.
      ssr: { noExternal: [/^@bufbuild\//, /^@connectrpc\//, "jose", "kysely"] },
    });
    utimesSync(join(target, "main.js"), began, began);
    const old = `${target}-old`;
    if (existsSync(built)) renameSync(built, old);
    renameSync(target, built);
    rmSync(old, { recursive: true, force: true });
  } catch (error) {
    rmSync(target, { recursive: true, force: true });
    console.error(error instanceof Error ? error.message : error);
    console.error("The server could not be built; its sources will be run.");
  }
}

// Without the build's tools, as in a package, what is there is used.
if (existsSync(join(root, "node_modules/vite")) && !isFresh()) await buildServer();
