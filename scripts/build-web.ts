/**
 * Builds the pages into web/dist when they are missing or older than what they are made of; else it is done at once and says
 * nothing. `npm start` and packing run it. Where the build's tools are not installed, as in a package, what is there is used.
 */
import { execFile } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { newest } from "./newest.ts";

const root = new URL("..", import.meta.url).pathname;
const web = join(root, "web");
const built = join(web, "dist");
const vite = join(root, "node_modules/vite/bin/vite.js");

/** Written last, so that a build that broke off is no build; as old as its beginning, so that it is older than what changed meanwhile. */
const stamp = join(built, ".built");

function isFresh(): boolean {
  if (!existsSync(stamp)) return false;
  const since = statSync(stamp).mtimeMs;
  const sources = [join(root, "package-lock.json"), join(root, "gen"), web];
  return sources.every((path) => newest(path) <= since);
}

async function build(): Promise<void> {
  console.error("Building the pages ...");
  const began = new Date();
  // Beside the one that is being served: whoever starts meanwhile finds the old one or the new one, whole.
  const target = join(web, `dist-${process.pid}`);
  try {
    await promisify(execFile)(
      process.execPath,
      [vite, "build", "--config", join(web, "vite.config.ts"), "--outDir", target, "--logLevel", "warn"],
      { cwd: root, env: { ...process.env, NODE_ENV: "production", NODE_OPTIONS: "" }, maxBuffer: 2 ** 24 },
    );
    await Promise.all(filesBelow(target).filter(isWorthCompressing).map(compress));
    writeFileSync(join(target, ".built"), "");
    utimesSync(join(target, ".built"), began, began);
    const old = `${target}9`;
    if (existsSync(built)) renameSync(built, old);
    renameSync(target, built);
    rmSync(old, { recursive: true, force: true });
  } catch (error) {
    rmSync(target, { recursive: true, force: true });
    const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
    console.error(`${stdout}${stderr}` || message);
    console.error("The pages could not be built.");
    process.exitCode = 1;
  }
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

const compressible = new Set([".html", ".js", ".css", ".svg", ".json", ".map", ".txt", ".webmanifest"]);

const isWorthCompressing = (file: string) => compressible.has(extname(file)) && statSync(file).size > 500;

/** Once and well, rather than at every request and quickly. */
async function compress(file: string): Promise<void> {
  const bytes = readFileSync(file);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  writeFileSync(`${file}.br`, await promisify(brotliCompress)(bytes, { params }));
  writeFileSync(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }));
}

if (existsSync(join(web, "index.html")) && existsSync(vite) && !isFresh()) await build();
