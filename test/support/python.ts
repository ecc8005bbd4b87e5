/** Runs Python with a real MLflow client against a server. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ClientName, ensureClient } from "../../scripts/clients.ts";

const checkout = fileURLToPath(new URL("../../", import.meta.url));
const scenarioFolder = join(checkout, "test", "clients", "scenarios");

export interface Finished {
  status: number | null;
  /** Standard output and error, as they came. */
  output: string;
}

/** How a client is set up. */
export interface ClientAt {
  /** MLFLOW_TRACKING_URI. */
  uri: string;
  /** MLFLOW_TRACKING_TOKEN; none when absent. */
  token?: string;
}

/** Runs `python ARGUMENT ...` of a client's environment until it ends, in a directory of its own. */
export async function runPython(
  client: ClientName,
  { uri, token }: ClientAt,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Finished> {
  const python = await ensureClient(client);
  const cwd = await mkdtemp(join(tmpdir(), "loggia-python-"));
  const inherited = Object.entries(process.env).filter(([name]) => !/^(MLFLOW_|CI_|PYTEST)/.test(name));
  try {
    const child = spawn(python, args, {
      cwd,
      env: {
        ...Object.fromEntries(inherited),
        MLFLOW_TRACKING_URI: uri,
        ...(token !== undefined && { MLFLOW_TRACKING_TOKEN: token }),
        MLFLOW_DISABLE_TELEMETRY: "true",
        // What should fail fails soon, not after minutes of retries.
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: "1",
        MLFLOW_HTTP_REQUEST_TIMEOUT: "60",
        PYTHONDONTWRITEBYTECODE: "1",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    return { status, output: Buffer.concat(chunks).toString("utf8") };
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

export interface ScenarioOutcome {
  outcome: "passed" | "failed" | "skipped";
  /** Why it failed or was left out. */
  text: string;
}

const pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", scenarioFolder, scenarioFolder];

/** The names of all scenarios, such as `test_runs.py::test_resume`. @throws Error when they cannot be read. */
export async function scenarioNames(client: ClientName): Promise<string[]> {
  const { status, output } = await runPython(client, { uri: "http://127.0.0.1:9" }, [
    ...pytest,
    "--collect-only",
  ]);
  const names = output.split("\n").filter((line) => /^test_\w+\.py::/.test(line));
  if (status !== 0 || names.length === 0)
    throw new Error(`the scenarios could not be collected:\n${output.slice(-3000)}`);
  return names;
}

/** Runs all scenarios: what became of each, by name. @throws Error when pytest itself fails. */
export async function runScenarios(client: ClientName, at: ClientAt): Promise<Map<string, ScenarioOutcome>> {
  const folder = await mkdtemp(join(tmpdir(), "loggia-scenarios-"));
  try {
    const file = join(folder, "results");
    const { status, output } = await runPython(client, at, pytest, { SCENARIO_RESULTS: file });
    // pytest: 0 all passed, 1 some failed; everything else is a failure of its own.
    if (status !== 0 && status !== 1) throw new Error(`pytest ended with ${status}:\n${output.slice(-3000)}`);
    const outcomes = new Map<string, ScenarioOutcome>();
    for (const line of (await readFile(file, "utf8")).trim().split("\n")) {
      const { name, outcome, text } = JSON.parse(line) as ScenarioOutcome & { name: string };
      // A scenario may pass and its tidying up fail.
      if (outcomes.get(name)?.outcome !== "failed") outcomes.set(name, { outcome, text });
    }
    return outcomes;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs `examples/train.py`. */
export const train = (client: ClientName, at: ClientAt): Promise<Finished> =>
  runPython(client, at, [join(checkout, "examples", "train.py")], { CI_JOB_ID: "42" });
