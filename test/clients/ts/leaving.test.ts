import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { createLoggia, RunStatus } from "../../../clients/ts/src/node.ts";
import { faultyLink } from "../../support/faulty-link.ts";
import { testServer } from "../../support/server.ts";
import { until } from "../../support/until.ts";

const server = await testServer();
const link = await faultyLink(Number(new URL(server.url).port));
afterAll(() => link.close());
const program = fileURLToPath(new URL("programs/log.ts", import.meta.url));

/** Runs the program, and has it meet `fate` once it has logged everything. */
async function leave(then: string, fate: (child: ChildProcess) => unknown = () => {}) {
  const { uri } = await server.project();
  const address = uri.replace(server.url, `http://127.0.0.1:${link.port}`);
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, address, then], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "close");
  let lines = "";
  child.stdout.on("data", (chunk) => {
    lines += chunk;
  });
  await until("the program has logged", () => lines.includes("\n") || child.exitCode !== null);
  await fate(child);
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
    expect(await leave("stay", (child) => child.kill(name))).toEqual({
      code: null,
      signal: name,
      status: RunStatus.KILLED,
      steps: upTo(3_000),
    });
  },
);

test("a program that listens to SIGTERM itself decides how its run and its process end", async () => {
  expect(await leave("listen to SIGTERM", (child) => child.kill("SIGTERM"))).toEqual({
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

test("on SIGTERM without a server the process ends all the same", async () => {
  const ended = await leave("stay", async (child) => {
    await link.refuse();
    child.kill("SIGTERM");
    await once(child, "exit");
    await link.heal();
  });
  // Full batches may have been sent before the server was gone.
  expect(ended).toEqual({
    code: null,
    signal: "SIGTERM",
    status: RunStatus.RUNNING,
    steps: upTo(ended.steps.length),
  });
});
