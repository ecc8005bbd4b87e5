/**
 * Python virtual environments with the real MLflow clients, under `.cache/venvs`. Making one is idempotent: a marker
 * file holds a hash of the pins and of the interpreter, so that a second call costs one file read, and a half-made or
 * outdated environment (no marker, another hash) is made again from nothing.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The clients we answer for; each has its pins in `test/clients/requirements/<name>.txt`. */
export const clientNames = ["mlflow-1.28", "mlflow-2.22", "mlflow-3"] as const;
export type ClientName = (typeof clientNames)[number];

/** Makes every client's environment that is not there yet, one after the other: pip saturates a small machine. */
export async function ensureClients(): Promise<void> {
  for (const name of clientNames) await ensureClient(name);
}

/** Environments being made by this process: two callers of one name share the work. */
const making = new Map<ClientName, Promise<string>>();

/**
 * The path of the Python interpreter of a client's environment, which is made first if need be.
 * @throws Error with pip's own last lines when an environment cannot be made.
 */
export function ensureClient(name: ClientName): Promise<string> {
  const begun = making.get(name) ?? make(name);
  making.set(name, begun);
  return begun;
}

async function make(name: ClientName): Promise<string> {
  const home = join(root, ".cache", "venvs", name);
  const python = join(home, "bin", "python");
  const marker = join(home, ".complete");
  const pins = join(root, "test", "clients", "requirements", `${name}.txt`);
  const base = await interpreter();
  const wanted = createHash("sha256")
    .update(base.version)
    .update(await readFile(pins))
    .digest("hex");
  if ((await readFile(marker, "utf8").catch(() => "")) === wanted) return python;

  console.error(`Installing the ${name} client (once) ...`);
  await rm(home, { recursive: true, force: true });
  await mkdir(dirname(home), { recursive: true });
  await step(name, base.path, ["-m", "venv", home]);
  // --no-deps: the pins are complete, and mlflow 1.28 asks for a pyarrow that has no wheel for this Python.
  await step(name, python, ["-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "-r", pins]);
  await step(name, python, ["-c", "import mlflow, pytest, sklearn, matplotlib"]);
  await writeFile(marker, wanted);
  return python;
}

async function step(name: string, command: string, args: string[]): Promise<void> {
  const env = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: "1", MLFLOW_DISABLE_TELEMETRY: "true" };
  try {
    await run(command, args, { env, maxBuffer: 64 << 20, timeout: 15 * 60_000 });
  } catch (error) {
    const output = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    const tail = output.trim().split("\n").slice(-15).join("\n");
    throw new Error(`The ${name} client could not be installed (${args.slice(0, 3).join(" ")}):\n${tail}`);
  }
}

/** The first Python 3 of the PATH that the pins support and that can make environments (Debian splits venv off). */
async function interpreter(): Promise<{ path: string; version: string }> {
  const tried: string[] = [];
  for (const candidate of ["python3", "python3.11", "/usr/bin/python3"]) {
    try {
      const probe = "import sys, ensurepip; print(sys.executable); print(sys.version.split()[0])";
      const { stdout } = await run(candidate, ["-c", probe]);
      const [path = "", version = ""] = stdout.split("\n");
      if (/^3\.11\./.test(version)) return { path, version };
      tried.push(`${candidate} is ${version}`);
    } catch {
      tried.push(`${candidate} is missing or has no ensurepip`);
    }
  }
  throw new Error(
    `The Python clients need Python 3.11 with venv (Debian: apt install python3-venv); ${tried.join("; ")}.`,
  );
}

if (import.meta.main) {
  const asked = process.argv.slice(2);
  for (const name of clientNames) {
    if (asked.length === 0 || asked.includes(name)) console.log(await ensureClient(name));
  }
}
