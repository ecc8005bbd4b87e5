/** The browser of the tests of web pages. Nothing is done where there is one already, so calling this is idempotent. */
import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { type Browser, chromium } from "playwright-core";

const run = promisify(execFile);

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Making a browser in this process: callers share the work. */
let making: Promise<string> | undefined;

/**
 * The path of a Chromium: the first of the PATH, else Debian's package, which is installed when this is root.
 * @throws Error that says what to install when there is none and this cannot install it.
 */
export function ensureChromium(): Promise<string> {
  making ??= make();
  return making;
}

/**
 * A headless Chromium with a profile of its own that reaches nothing but this machine, and whose picture of a page is the same on each.
 * @param options.outlivesSignals whether whoever launches it ends this process on a signal, after more than the browser: else
 * Playwright does, as soon as the browser is closed.
 */
export async function launchChromium({ outlivesSignals = false } = {}): Promise<Browser> {
  return await chromium.launch({
    executablePath: await ensureChromium(),
    handleSIGINT: !outlivesSignals,
    handleSIGTERM: !outlivesSignals,
    handleSIGHUP: !outlivesSignals,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
}

async function make(): Promise<string> {
  const there = await find();
  if (there !== undefined) return there;
  if (process.getuid?.() !== 0) throw new Error(`${wanted}, or run this as root once, on Debian.`);
  console.error("Installing Chromium (once) ...");
  await aptGet("update");
  await aptGet("install", "--yes", "--no-install-recommends", "chromium");
  const installed = await find();
  if (installed === undefined)
    throw new Error(`${wanted}: the package was installed, but the PATH has none of ${names}.`);
  return installed;
}

const wanted = "The tests of web pages need Chromium: install it (Debian: apt-get install chromium)";

async function find(): Promise<string | undefined> {
  for (const directory of (process.env.PATH ?? "").split(delimiter).filter(Boolean)) {
    for (const name of names) {
      const path = join(directory, name);
      const executable = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (executable) return path;
    }
  }
  return undefined;
}

async function aptGet(...args: string[]): Promise<void> {
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    await run("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=300", ...args], {
      env,
      maxBuffer: 64 << 20,
      timeout: 15 * 60_000,
    });
  } catch (error) {
    const output = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
    const tail = (output || String(error)).trim().split("\n").slice(-15).join("\n");
    throw new Error(`${wanted}; 'apt-get ${args.join(" ")}' failed:\n${tail}`, { cause: error });
  }
}

if (import.meta.main) console.log(await ensureChromium());
