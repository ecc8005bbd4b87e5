import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, it, onTestFinished } from "vitest";
import { runPython } from "../support/python.ts";
import { accessibilityOf, eventually, loggiaPages } from "./loggia-pages.ts";

const { visit } = await loggiaPages({ seeded: false });

/** Does with the real client what the page tells to paste. */
async function paste(page: Page): Promise<void> {
  const settings = (await page.getByLabel("the settings", { exact: true }).textContent()) ?? "";
  const [, uri = ""] = /^export MLFLOW_TRACKING_URI=(\S+)$/.exec(settings) ?? [];
  const folder = await mkdtemp(join(tmpdir(), "loggia-newcomer-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const script = join(folder, "train.py");
  await writeFile(script, (await page.getByLabel("the Python code", { exact: true }).textContent()) ?? "");
  const { status, output } = await runPython("mlflow-1.28", { uri }, [script]);
  expect(output).not.toContain("Traceback");
  expect(status).toBe(0);
}

it("leads whoever sees it for the first time from an empty server to a chart of runs compared, by clicking alone", async () => {
  const page = await visit("/");
  await page.getByRole("heading", { name: "Log a training" }).waitFor();
  await paste(page);
  await page.getByRole("link", { name: "experiments of default" }).click();
  await page.getByRole("link", { name: "first steps" }).click();
  await page.getByRole("heading", { name: "first steps" }).waitFor();
  for (const rate of ["0.1", "0.3", "0.9"])
    await page.getByRole("checkbox", { name: `Select rate ${rate}` }).click();
  await page.getByText("3 candidates selected").waitFor();
  await page.getByRole("link", { name: "Compare" }).click();
  await page.getByRole("heading", { name: "Compare 3 candidates" }).waitFor();
  await page.getByRole("row", { name: /^learning_rate/ }).waitFor();
  const chart = page.locator('figure[data-metric="loss"]');
  await chart.locator("canvas").waitFor();
  await eventually(() => chart.getByRole("note").textContent()).toBe("60 points");
  expect(await accessibilityOf(page)).toEqual([]);
  // And back to where they came from.
  await page.getByRole("navigation", { name: "Where they belong" }).getByText("first steps").click();
  await page.getByRole("checkbox", { name: "Select rate 0.1" }).waitFor();
});

it("tells whoever opens an experiment without candidates what to paste for it", async () => {
  const page = await visit("/default/-/ml/experiments/0");
  await page.getByRole("heading", { name: "No candidates yet" }).waitFor();
  expect(await page.getByLabel("the Python code", { exact: true }).textContent()).toContain(
    'mlflow.set_experiment("Default")',
  );
  expect(await accessibilityOf(page)).toEqual([]);
});
