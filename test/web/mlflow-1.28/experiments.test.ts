import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { eventually, mlflowPages } from "./pages.ts";

const { ids, visit } = await mlflowPages("root");

/** The texts of some columns of the table of runs, row by row from the top. */
const table = (page: Page, ...columns: string[]) =>
  page.locator(".ag-root").evaluate((root, columns) => {
    const rows = new Map<number, string[]>();
    for (const [i, column] of columns.entries())
      for (const cell of root.querySelectorAll(`.ag-row [col-id="${column}"]`)) {
        const row = Number(cell.closest(".ag-row")?.getAttribute("row-index"));
        const texts = rows.get(row) ?? [];
        texts[i] = cell.textContent?.trim() ?? "";
        rows.set(row, texts);
      }
    return [...rows].sort(([a], [b]) => a - b).map(([, texts]) => texts.join(" "));
  }, columns);

const accuracy = "$$$metric$$$-accuracy";
const names = (page: Page) => table(page, "runName");
const select = async (page: Page, name: string) => {
  const row = await page.locator(".ag-row", { hasText: name }).first().getAttribute("row-index");
  await page.locator(`.ag-row[row-index="${row}"] .ag-selection-checkbox input`).check();
};

describe("the list of experiments", () => {
  const listed = (page: Page) => page.locator(".du-bois-light-tree-title").allInnerTexts();

  it("has the active ones, and finds some of them by a part of the name", async () => {
    const { page } = await visit("/");
    await eventually(() => listed(page)).toEqual(["Default", "fruit", "vegetables äöü 😀", "nuts", "grains"]);
    await page.getByLabel("search experiments").fill("ÄÖ");
    await eventually(() => listed(page)).toEqual(["vegetables äöü 😀"]);
  });

  it("gets a new experiment, which is renamed and deleted again", async () => {
    const { page, exchange } = await visit("/", ["GET experiments/get-by-name 404"]);
    await page.getByTestId("create-experiment-button").click();
    await page.getByLabel("Experiment Name").fill("berries 🍓");
    const created = exchange("experiments/create");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const { experiment_id: id } = (await created).json;
    expect(id).toMatch(/^\d+$/);
    const item = page.getByTestId("active-experiment-list-item");
    await item.getByText("berries 🍓").waitFor();

    await item.getByTestId("rename-experiment-button").click();
    await page.getByLabel("New experiment name").fill("herbs");
    const renamed = exchange("experiments/update");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    expect((await renamed).request.postDataJSON()).toEqual({ experiment_id: id, new_name: "herbs" });
    await item.getByText("herbs").waitFor();

    await item.getByTestId("delete-experiment-button").click();
    const deleted = exchange("experiments/delete");
    await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
    await deleted;
    await eventually(() => listed(page)).not.toContain("herbs");
  });
});

describe("the table of runs", () => {
  it("has every run with its metrics, params and registered models, the newest first", async () => {
    const { page } = await visit("/");
    await page.getByText("fruit", { exact: true }).click();
    await page.getByText("Showing 4 matching runs").waitFor();
    const columns = [accuracy, "$$$metric$$$-loss", "$$$param$$$-depth", "$$$param$$$-model"];
    await eventually(() => table(page, "runName", ...columns)).toEqual([
      "damson 0.438 0.563 9 forest",
      "cherry 0.625 0.375 7 forest",
      "banana 0.5 0.5 5 tree",
      "apple 0.875 0.125 3 tree",
    ]);
    await eventually(() => table(page, "runName", "models")).toContain("apple ripeness/1");
    await page.getByText("Which fruit is ripe?").waitFor();
  });

  it("shows what matches a filter that is typed, until it is cleared", async () => {
    const { page, exchange } = await visit(`/experiments/${ids.fruit}`);
    await eventually(() => names(page)).toHaveLength(4);
    await page.getByTestId("search-box").fill(`metrics.accuracy > 0.5 and params.model = "tree"`);
    const found = exchange("runs/search");
    await page.getByTestId("search-box").press("Enter");
    expect((await found).request.postDataJSON()).toMatchObject({
      experiment_ids: [ids.fruit],
      filter: `metrics.accuracy > 0.5 and params.model = "tree"`,
      run_view_type: "ACTIVE_ONLY",
    });
    await page.getByText("Showing 1 matching run").waitFor();
    await eventually(() => names(page)).toEqual(["apple"]);
    await page.getByRole("button", { name: "Clear" }).click();
    await eventually(() => names(page)).toHaveLength(4);
  });

  it("says what is wrong with a filter, in the server's words", async () => {
    const { page } = await visit(`/experiments/${ids.fruit}`, ["POST runs/search 400"]);
    await eventually(() => names(page)).toHaveLength(4);
    await page.getByTestId("search-box").fill("accuracy > 0.5");
    await page.getByRole("button", { name: "Search" }).click();
    await page.locator("span.error-message", { hasText: "Invalid identifier 'accuracy'." }).waitFor();
  });

  it("is sorted by a metric, down and up, when its column's head is clicked", async () => {
    const { page, exchange } = await visit(`/experiments/${ids.fruit}`);
    await eventually(() => names(page)).toHaveLength(4);
    const down = exchange("runs/search");
    await page.getByTestId("sort-header-accuracy").click();
    expect((await down).request.postDataJSON().order_by).toEqual(["metrics.`accuracy` DESC"]);
    await eventually(() => names(page)).toEqual(["apple", "cherry", "banana", "damson"]);
    const up = exchange("runs/search");
    await page.getByTestId("sort-header-accuracy").click();
    expect((await up).request.postDataJSON().order_by).toEqual(["metrics.`accuracy` ASC"]);
    await eventually(() => names(page)).toEqual(["damson", "banana", "cherry", "apple"]);
  });

  it("loads more runs than a page has, each once", async () => {
    const { page, exchange } = await visit(`/experiments/${ids.grains}`);
    await page.getByText("Showing 100 matching runs").waitFor();
    const more = exchange("runs/search");
    await page.getByRole("button", { name: "Load more" }).click();
    const { request, json } = await more;
    expect(request.postDataJSON().page_token).not.toBe("");
    expect(json.runs).toHaveLength(5);
    await page.getByText("Showing 105 matching runs").waitFor();
  });

  it("loses a run that is deleted, and gets it back when it is restored", async () => {
    const { page, exchange } = await visit(`/experiments/${ids.nuts}`);
    await eventually(() => names(page)).toEqual(["chestnut", "beech", "almond"]);
    await select(page, "chestnut");
    await page.getByRole("button", { name: "Delete" }).click();
    const deleted = exchange("runs/delete");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    expect((await deleted).request.postDataJSON()).toEqual({ run_id: ids.chestnut });
    await eventually(() => names(page)).toEqual(["beech", "almond"]);

    const state = async (name: string) => {
      await page.locator(".StyledDropdown-button").first().click();
      await page.getByTestId(`${name}-runs-menu-item`).click();
    };
    await page.getByRole("button", { name: "Filter" }).click();
    await state("deleted");
    await eventually(() => names(page)).toEqual(["chestnut"]);
    await select(page, "chestnut");
    await page.getByRole("button", { name: "Restore" }).click();
    const restored = exchange("runs/restore");
    await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
    expect((await restored).request.postDataJSON()).toEqual({ run_id: ids.chestnut });
    await state("active");
    await eventually(() => names(page)).toEqual(["chestnut", "beech", "almond"]);
  });
});
