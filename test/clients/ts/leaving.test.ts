import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createLoggia, RunStatus } from "../../../clients/ts/src/node.ts";
import { testServer } from "../../support/server.ts";
import { until } from "../../support/until.ts";

const server = await testServer();
const program = fileURLToPath(new URL("programs/log.ts", import.meta.url));

/** Runs the program, and sends it `signals` once it has logged everything. */
async function leave(then: string, signals: NodeJS.Signals[] = []) {
  const { uri } = await server.project();
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, uri, then], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  let lines = "";
  child.stdout.on("data", (chunk) => {
    lines += chunk;
  });
  await until("the program has logged", () => lines.includes("\n") || child.exitCode !== null);
  for (const signal of signals) child.kill(signal);
  const [code, signal] = await exit;
  const loggia = createLoggia({ baseUrl: uri });
  const runId = lines.trim();
  const { run } = await loggia.mlflow.getRun({ runId });
  const { metrics } = await loggia.mlflow.getMetricHistory({ runId, metricKey: "loss" });
  loggia.close();
  return { code, signal, status: run?.info?.status, steps: metrics.map(({ step }) => Number(step)) };
}

const upTo = (count: number) => Array.from({ length: count }, (_, step) => step);

test.each(["SIGTERM", "SIGINT"] as const)(
  "on %s everything is sent, the run is KILLED, and so is the process",
  async (name) => {
    expect(await leave("stay", [name])).toEqual({
      code: null,
      signal: name,
      status: RunStatus.KILLED,
      steps: upTo(3_000),
    });
  },
);

test("a program that listens to SIGTERM itself decides how its run and its process end", async () => {
  expect(await leave("listen to SIGTERM", ["SIGTERM"])).toEqual({
    code: 7,
    signal: null,
    status: RunStatus.FAILED,
    steps: upTo(3_001),
  });
});

test("a program that has nothing more to do ends its run as FINISHED, or as FAILED by its exit code", async () => {
  const ended = { signal: null, steps: upTo(3_000) };
  expect(await leave("end")).toEqual({ ...ended, code: 0, status: RunStatus.FINISHED });
  expect(await leave("fail")).toEqual({ ...ended, code: 3, status: RunStatus.FAILED });
});
