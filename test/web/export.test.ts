import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { readCsvTable } from "../support/csv.ts";
import { column, eventually, loggiaPages } from "./loggia-pages.ts";

const { server, ids, visit } = await loggiaPages();

const orchard = `/default/-/ml/experiments/${ids.orchard}`;

/** What the browser saves when a format is chosen. */
async function exported(page: Page, format: string): Promise<{ name: string; bytes: Buffer }> {
  await page.getByRole("button", { name: "Export" }).last().click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: format, exact: true }).click();
  const file = await download;
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

/** The runs that MLflow's own search finds. */
async function search(filter: string, orderBy: string): Promise<{ info: { run_id: string } }[]> {
  const response = await fetch(`${server.url}/api/2.0/mlflow/runs/search`, {
    method: "POST",
    body: JSON.stringify({ experiment_ids: [ids.orchard], filter, order_by: [orderBy] }),
  });
  return ((await response.json()) as { runs: { info: { run_id: string } }[] }).runs;
}

describe("the export", () => {
  it("is a CSV of what the page found, in its order, as the API has it", async () => {
    const page = await visit(`${orchard}?filter=metrics.loss+<+0.9&name=an&sort=-metrics.loss`);
    await eventually(() => column(page, "name")).toEqual(["banana"]);
    const narrow = readCsvTable((await exported(page, "CSV")).bytes.toString());
    expect(narrow.map(({ name, loss }) => [name, loss])).toEqual([["banana", "0.5"]]);

    await page.goto(`${server.url}${orchard}?filter=metrics.loss+<+0.9&sort=-metrics.loss`);
    await eventually(() => column(page, "name")).toEqual(["banana", "cherry", "apple", "elder"]);
    const { name, bytes } = await exported(page, "CSV");
    expect(name).toMatch(/orchard.*\.csv$/);
    const rows = readCsvTable(bytes.toString());
    const found = await search("metrics.loss < 0.9", "metrics.loss DESC");
    expect(rows.map(({ external_id }) => external_id)).toEqual(found.map(({ info }) => info.run_id));
    expect(rows.map(({ loss }) => loss)).toEqual(["0.5", "0.30000000000000004", "0.125", "2e-9"]);
    expect(rows.map(({ depth }) => depth)).toEqual(["1", "2", "0", "4"]);
    expect(rows[0]?.["tags.season"]).toBe("late");
  });

  it("has the columns that are shown, when the viewer wants those alone", async () => {
    const page = await visit(`${orchard}?columns=name,status,params.model`);
    await eventually(() => column(page, "name")).toHaveLength(6);
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Only the columns shown" }).click();
    await page.keyboard.press("Escape");
    const [row = {}] = readCsvTable((await exported(page, "CSV")).bytes.toString());
    expect(Object.keys(row)).toContain("model");
    expect(Object.keys(row)).toContain("status");
    expect(Object.keys(row).filter((name) => /loss|depth|season/.test(name))).toEqual([]);
  });

  it("is of the selected ones, as NDJSON and as Parquet", async () => {
    const page = await visit(`${orchard}?selected=${ids.apple},${ids.damson}`);
    await page.getByText("2 candidates selected").waitFor();
    const toolbar = page.getByRole("toolbar", { name: "Selected candidates" });
    await toolbar.getByRole("button", { name: "Export" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: "NDJSON", exact: true }).click();
    const lines = (await readFile(await (await download).path(), "utf8")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).info.run_id)).toEqual([ids.damson, ids.apple]);

    await toolbar.getByRole("button", { name: "Export" }).click();
    const second = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: "Parquet", exact: true }).click();
    const parquet = await readFile(await (await second).path());
    expect(parquet.subarray(0, 4).toString()).toBe("PAR1");
    expect(parquet.subarray(-4).toString()).toBe("PAR1");
  });
});
