/** The servers that are compared: how each is installed, started and stopped. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ensureClient } from "../scripts/clients.ts";
import { tree } from "./processes.ts";

const run = promisify(execFile);
const root = dirname(import.meta.dirname);
const cache = join(root, ".cache");

export type SystemName = "mlflow" | "fasttrackml" | "loggia";

export interface System {
  name: SystemName;
  title: string;
  /** Makes it ready to be started, downloading what is missing. */
  install(): Promise<void>;
  /** The command line of the server; `files` is a directory of its own. */
  command(options: { port: number; database: string; files: string }): string[];
  /** Variables of its environment, beside this process's. */
  env?: Record<string, string>;
}

const mlflowBin = join(cache, "venvs", "mlflow-1.28", "bin");
const fasttrackml = join(cache, "venvs", "fasttrackml");

/** The command `loggia`. */
export const loggiaProgram = join(root, "bin", "loggia");

export const loggia: System = {
  name: "loggia",
  title: "Loggia",
  install: async () => {
    await run(process.execPath, [join(root, "scripts", "build-server.ts")]);
  },
  command: ({ port, database, files }) => [
    ...[loggiaProgram, "serve", "--migrate", "--database-url", database],
    ...["--data-dir", files, "--port", String(port)],
  ],
};

export const systems: System[] = [
  {
    name: "mlflow",
    title: "MLflow 1.28",
    install: async () => {
      await ensureClient("mlflow-1.28");
    },
    command: ({ port, database, files }) => [
      ...[join(mlflowBin, "mlflow"), "server", "--backend-store-uri", database],
      ...[
        "--default-artifact-root",
        "mlflow-artifacts:/",
        "--serve-artifacts",
        "--artifacts-destination",
        files,
      ],
      ...["--host", "127.0.0.1", "--port", String(port), "--workers", "4"],
    ],
  },
  {
    name: "fasttrackml",
    title: "FastTrackML 0.6",
    install: async () => {
      const server = join(fasttrackml, "bin", "fml");
      if (
        await access(server).then(
          () => true,
          () => false,
        )
      )
        return;
      console.error("Installing FastTrackML (once) ...");
      await run(await ensureClient("mlflow-1.28"), ["-m", "venv", fasttrackml]);
      // --no-deps: the server is one program; the rest is for its Python client.
      const pip = ["-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "fasttrackml==0.6.0"];
      await run(join(fasttrackml, "bin", "python"), pip, { timeout: 15 * 60_000 });
    },
    command: ({ port, database, files }) => [
      ...[join(fasttrackml, "bin", "fml"), "server", "--database-uri", database],
      ...["--default-artifact-root", files, "--listen-address", `127.0.0.1:${port}`],
    ],
  },
  loggia,
];

export interface Running {
  system: System;
  url: string;
  pid: number;
  /** Its directory. */
  files: string;
  /** Seconds from the start of the process to its first answer. */
  coldStart: number;
  stop(): Promise<void>;
}

/**
 * Starts a server and returns when it answers.
 * @param onSpawn is told how to end it as soon as there is a process, which may never answer.
 */
export async function start(
  system: System,
  options: { database: string; files: string },
  onSpawn: (stop: () => Promise<void>) => void,
): Promise<Running> {
  await mkdir(options.files, { recursive: true });
  const port = await freePort();
  const [file = "", ...args] = system.command({ ...options, port });
  const url = `http://127.0.0.1:${port}`;
  const begin = performance.now();
  const child = spawn(file, args, {
    cwd: options.files,
    // `mlflow server` looks for gunicorn on the PATH.
    env: { ...process.env, PATH: `${mlflowBin}:${process.env.PATH}`, ...system.env },
    stdio: "ignore",
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${system.title} cannot be started: ${file}`);
  onSpawn(() => stop(child, pid));
  while (!(await answers(url))) {
    if (ended(child)) throw new Error(`${system.title} ended at once: ${[file, ...args].join(" ")}`);
    if (performance.now() - begin > 60_000) throw new Error(`${system.title} does not answer`);
    await sleep(5);
  }
  const coldStart = (performance.now() - begin) / 1000;
  return { system, url, pid, files: options.files, coldStart, stop: () => stop(child, pid) };
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    (response) => response.ok,
    () => false,
  );
}

/** Ends a server with all its processes. */
async function stop(child: ChildProcess, pid: number): Promise<void> {
  if (ended(child)) return;
  const exit = once(child, "exit");
  for (const one of tree(pid).reverse()) {
    try {
      process.kill(one, "SIGTERM");
    } catch {
      // Ended by the end of its parent.
    }
  }
  await exit;
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
