import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

const program = fileURLToPath(new URL("../../bin/loggia", import.meta.url));

/** The real command in a process group of its own, with no setting from outside. */
export const launch = (cwd: string, ...args: string[]): ChildProcess => launchWith({}, cwd, ...args);

/** The same, with these variables of the environment beside the PATH. */
export function launchWith(env: NodeJS.ProcessEnv, cwd: string, ...args: string[]): ChildProcess {
  return spawn(program, args, {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

export interface Served {
  child: ChildProcess;
  /** What it printed until it was ready. */
  lines: string;
  url: string;
  /** Sends a signal, to the whole group as a terminal does on demand, and waits for the end. @returns the exit code. */
  end(signal: NodeJS.Signals, whole?: "group"): Promise<number | null>;
}

/** `loggia serve` on `--port` of `args` or a free one, once it says that it is ready. */
export async function serve(cwd: string, ...args: string[]): Promise<Served> {
  const child = launch(cwd, "serve", ...(args.includes("--port") ? [] : ["--port", "0"]), ...args);
  let lines = "";
  let errors = "";
  child.stdout?.on("data", (chunk) => {
    lines += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  await until("loggia serve is ready", () => {
    if (child.exitCode !== null) throw new Error(`loggia serve ended: ${errors}`);
    return lines.includes("Ctrl-C");
  });
  const url = /ready at (\S+)/.exec(lines)?.[1];
  if (url === undefined) throw new Error(`no address in ${lines}`);
  return {
    child,
    lines,
    url,
    async end(signal, whole) {
      const exit = once(child, "exit");
      process.kill(whole === "group" ? -Number(child.pid) : Number(child.pid), signal);
      const [code] = await exit;
      return code;
    },
  };
}
