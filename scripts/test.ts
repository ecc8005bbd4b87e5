/**
 * `npm test`: installs what the tests need and this machine lacks, then runs them. Arguments go to vitest, so
 * `npm test -- --project api` runs one kind.
 */
import { spawnSync } from "node:child_process";
import { ensureChromium } from "./chromium.ts";
import { ensureClient, ensureClients } from "./clients.ts";
import { ensureGoTools, grpcurl } from "./go-tools.ts";

const args = process.argv.slice(2);
const named = args.flatMap((arg, i) => (arg === "--project" ? [args[i + 1]] : []));
if (named.length === 0 || named.includes("clients")) {
  await ensureClients();
  ensureGoTools([grpcurl]);
}
if (named.length === 0 || named.includes("web"))
  await Promise.all([ensureChromium(), ensureClient("mlflow-1.28")]);

// What users start is what the tests of commands start.
const builder = new URL("build-server.ts", import.meta.url).pathname;
spawnSync(process.execPath, [builder], { stdio: "inherit" });

const vitest = new URL("../node_modules/vitest/vitest.mjs", import.meta.url).pathname;
const { status } = spawnSync(process.execPath, [vitest, "run", ...args], { stdio: "inherit" });
process.exitCode = status ?? 1;
