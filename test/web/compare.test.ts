import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { accessibilityOf, eventually, loggiaPages } from "./loggia-pages.ts";

const { ids, visit } = await loggiaPages({ seeded: "charts.py" });

const compare = (names: readonly string[], search = "") =>
  `/default/-/ml/compare?runs=${names.map((name) => ids[name]).join(",")}${search}`;
const table = (page: Page) => page.getByRole("region", { name: "Runs side by side" });
const heads = (page: Page) => table(page).locator("thead a").allTextContents();
const row = async (page: Page, key: string) => {
  const cells = table(page)
    .locator("tbody tr")
    .filter({ has: page.locator(`th[title="${key}"]`) })
    .locator("td");
  return cells.evaluateAll((all) => all.map((cell) => cell.getAttribute("title")));
};
const keys = (page: Page) =>
  table(page)
    .locator("th[scope=row][title]")
    .evaluateAll((all) => all.map((cell) => cell.getAttribute("title")));

describe("a comparison", () => {
  it("begins with a selection in the table of candidates", async () => {
    const page = await visit(`/default/-/ml/experiments/${ids.curves}`);
    await page.getByRole("checkbox", { name: "Select short", exact: true }).click();
    await page.getByRole("checkbox", { name: "Select broken", exact: true }).click();
    await page.getByRole("link", { name: "Compare" }).click();
    await eventually(() => heads(page)).toEqual(["short", "broken"]);
    await page.getByRole("heading", { name: "Compare 2 candidates" }).waitFor();
  });

  it("has params, metrics and tags of runs of several experiments side by side, and charts of all", async () => {
    const page = await visit(compare(["spiky", "broken", "abroad"]));
    await eventually(() => heads(page)).toEqual(["spiky", "broken", "abroad"]);
    expect(await row(page, "depth")).toEqual(["3", "5", "3"]);
    expect(await row(page, "only")).toEqual(["Not logged", "Not logged", "here"]);
    expect(await row(page, "loss")).toEqual(["0.025", "0.30000000000000004", "0.05"]);
    expect(await row(page, "team")).toEqual(["a", "b", "Not logged"]);
    await table(page).getByRole("link", { name: "elsewhere" }).waitFor();
    await page.getByRole("heading", { name: "Without a prefix" }).scrollIntoViewIfNeeded();
    const note = page.locator('figure[data-metric="loss"]').getByRole("note");
    await eventually(() => note.textContent()).toContain("50 points");
    expect(await accessibilityOf(page)).toEqual([]);
  });

  it("marks the best of a metric, and turns round what is best", async () => {
    const page = await visit(compare(["spiky", "broken", "abroad"]));
    const best = () =>
      table(page)
        .locator("[data-best]")
        .evaluateAll((all) => all.map((cell) => cell.getAttribute("title")));
    await eventually(best).toEqual(["0.025"]);
    await page.getByRole("button", { name: "The least loss is best; press for the greatest" }).click();
    await eventually(best).toEqual(["0.30000000000000004"]);
    await page.reload();
    await eventually(best).toEqual(["0.30000000000000004"]);
  });

  it("shows only what differs, and finds keys by a part of their name", async () => {
    const page = await visit(compare(["spiky", "broken"]));
    await eventually(() => keys(page)).toContain("same");
    await page.getByLabel("Only what differs").check();
    await eventually(() => keys(page)).not.toContain("same");
    expect(await keys(page)).toContain("depth");
    await page.getByLabel("Find a parameter, metric or tag").fill("dep");
    await eventually(() => keys(page)).toEqual(["depth"]);
    await page.reload();
    await eventually(() => keys(page)).toEqual(["depth"]);
  });

  it("loses a run and gains one of another experiment, and goes back", async () => {
    const page = await visit(compare(["spiky", "broken"]));
    await page.getByRole("button", { name: "Leave out spiky" }).click();
    await eventually(() => heads(page)).toEqual(["broken"]);
    await page.getByRole("button", { name: "Add a candidate" }).click();
    await page.getByLabel("Experiment", { exact: true }).selectOption({ label: "elsewhere" });
    await page.getByRole("button", { name: "Add abroad" }).click();
    await eventually(() => page.getByRole("button", { name: "Add abroad" }).textContent()).toBe("Added");
    await page.keyboard.press("Escape");
    await eventually(() => heads(page)).toEqual(["broken", "abroad"]);
    await page.goBack();
    await page.goBack();
    await eventually(() => heads(page)).toEqual(["spiky", "broken"]);
  });

  it("begins empty, and says which run does not exist", async () => {
    const empty = await visit("/default/-/ml/compare");
    await empty.getByRole("heading", { name: "Nothing to compare yet" }).waitFor();
    expect(await accessibilityOf(empty)).toEqual([]);
    const page = await visit(`${compare(["spiky"])},${"0".repeat(32)}`);
    await page
      .getByRole("alert")
      .getByText(`Run with id=${"0".repeat(32)} not found`)
      .waitFor();
    await page.getByRole("button", { name: "Leave it out" }).click();
    await page.getByRole("alert").waitFor({ state: "detached" });
    expect(await heads(page)).toEqual(["spiky"]);
  });

  it("runs nothing in names, params and tags, nor in what an address brings", async () => {
    const attack = encodeURIComponent(
      "<img src=x onerror=\"document.documentElement.dataset.attacked='yes'\">",
    );
    const page = await visit(
      `${compare(["hostile run", "spiky"])}&key=${attack.slice(0, 3)}&zoom=${attack}&hidden=${attack}&best=${attack}:least&axis=${attack}`,
    );
    await eventually(async () => (await heads(page))[0]).toContain("run <img");
    await page.getByLabel("Find a parameter, metric or tag").fill("");
    await eventually(async () => (await row(page, "text"))[0]).toContain("<script>");
    expect(await page.evaluate("document.documentElement.dataset.attacked")).toBeUndefined();
    expect(await page.locator('img[src="x"], script:not([src])').count()).toBe(0);
  });
});
