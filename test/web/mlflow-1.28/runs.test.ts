import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { eventually, mlflowPages } from "./pages.ts";

const { ids, visit } = await mlflowPages("root");
const runPage = (experiment: string, run: string) => `/experiments/${ids[experiment]}/runs/${ids[run]}`;

/** The rows of a table, their cells joined by a space. */
const rows = (table: Locator) =>
  table.locator("tbody tr:not([aria-hidden])").evaluateAll((all) =>
    all.map((row) =>
      [...row.children]
        .map((cell) => cell.textContent?.trim())
        .join(" ")
        .trim(),
    ),
  );

/** What plotly drew. */
const curves = (page: Page) =>
  page
    .locator(".js-plotly-plot")
    .first()
    .evaluate((plot) =>
      (plot as unknown as { data: { name: string; x: number[]; y: number[] }[] }).data.map(
        ({ name, x, y }) => ({ name, x, y }),
      ),
    );

const section = (page: Page, title: string) =>
  page.locator(".collapsible-section", { has: page.getByRole("button", { name: title }) });

/** An exchange about the history of a metric: the run, and its points by step. */
const history = ({ request, json }: { request: { url(): string }; json: { metrics: Point[] } }) => ({
  run: new URL(request.url()).searchParams.get("run_uuid"),
  points: json.metrics.map(({ step, value }) => [step, value]).sort(([a = 0], [b = 0]) => a - b),
});
interface Point {
  step: number;
  value: number;
}

describe("the page of a run", () => {
  it("has its facts, params, metrics and tags", async () => {
    const { page } = await visit(runPage("fruit", "apple"));
    await page.getByTestId("runs-header").getByText("apple").waitFor();
    const facts = page.locator(".metadata-list");
    for (const fact of [
      ids.apple ?? "",
      "2022-08-08 23:06:40",
      "train.py",
      "ada",
      "30.0s",
      "FINISHED",
      "active",
    ])
      await facts.getByText(fact, { exact: true }).waitFor();
    for (const title of ["Parameters (2)", "Metrics (2)", "Tags (1)"])
      await page.getByRole("button", { name: title }).click();
    await eventually(() => rows(page.getByTestId("params-table"))).toEqual(["depth 3", "model tree"]);
    await eventually(() => rows(page.getByTestId("metrics-table"))).toEqual(["accuracy 0.875", "loss 0.125"]);
    await eventually(() => rows(section(page, "Tags (1)"))).toEqual(["colour c0"]);
  });

  it("leads to the chart of a metric, which draws every point of its history", async () => {
    const { page, exchange } = await visit(runPage("fruit", "apple"));
    await page.getByRole("button", { name: "Metrics (2)" }).click();
    const answered = exchange("metrics/get-history");
    await page.getByRole("link", { name: "loss" }).click();
    const losses = [0.9, 0.5, 0.25, 0.125];
    expect(history(await answered)).toEqual({
      run: ids.apple,
      points: losses.map((loss, i) => [10 * i, loss]),
    });
    await eventually(() => curves(page)).toEqual([{ name: "loss", x: [0, 1, 2, 3], y: losses }]);
    await page.getByText("Step", { exact: true }).click();
    await eventually(() => curves(page)).toEqual([{ name: "loss", x: [0, 10, 20, 30], y: losses }]);
    const ticks = page.locator(".js-plotly-plot .xtick");
    await eventually(() => ticks.allTextContents()).toEqual(expect.arrayContaining(["0", "10", "20", "30"]));
    expect(await page.locator(".js-plotly-plot canvas").count()).toBeGreaterThan(0);
  });

  it("is renamed", async () => {
    const { page, exchange } = await visit(runPage("nuts", "almond"));
    await page.getByTestId("overflow-menu-trigger").click();
    await page.getByTestId("overflow-rename-button").click();
    await page.getByLabel("New run name").fill("almond, roasted");
    const renamed = exchange("runs/set-tag");
    await page.getByRole("button", { name: "Save" }).click();
    await renamed;
    await page.getByTestId("runs-header").getByText("almond, roasted").waitFor();
    const again = await visit(runPage("nuts", "almond"));
    await again.page.getByTestId("runs-header").getByText("almond, roasted").waitFor();
  });

  it("gets a description and a tag, and loses a tag", async () => {
    const { page, exchange } = await visit(runPage("nuts", "beech"));
    await page.getByTestId("edit-description-button").click();
    await page.locator("textarea").fill("Not **very** tasty");
    const described = exchange("runs/set-tag");
    await page.getByRole("button", { name: "Save" }).click();
    await described;
    await page.locator("strong", { hasText: "very" }).waitFor();

    await page.getByRole("button", { name: "Tags (1)" }).click();
    await page.getByPlaceholder("Name").fill("size");
    await page.getByPlaceholder("Value").fill("small ü");
    await page.getByTestId("add-tag-button").click();
    const tags = page.getByTestId("tags-section");
    await eventually(() => rows(tags)).toEqual(["colour c1", "size small ü"]);
    const deleted = exchange("runs/delete-tag");
    await tags.locator("tr", { hasText: "colour" }).getByRole("button").last().click();
    await page.getByRole("button", { name: "Confirm" }).click();
    expect((await deleted).request.postDataJSON()).toEqual({ run_id: ids.beech, key: "colour" });
    await eventually(() => rows(tags)).toEqual(["size small ü"]);
  });
});

describe("the artifacts of a run", () => {
  const node = (page: Page, name: string) => page.locator(".artifact-left").getByText(name, { exact: true });

  it("are a tree, a level of which is listed when it is opened", async () => {
    const { page, exchange } = await visit(runPage("fruit", "apple"));
    await node(page, "classes.json").waitFor();
    for (const name of ["notes", "plots", "model"]) await node(page, name).waitFor();
    expect(await node(page, "read me.txt").count()).toBe(0);
    const listed = exchange("artifacts/list");
    await node(page, "notes").click();
    expect((await listed).json.files).toEqual([{ path: "notes/read me.txt", is_dir: false, file_size: 26 }]);
    await node(page, "read me.txt").waitFor();
  });

  it("show a text", async () => {
    const { page } = await visit(runPage("fruit", "apple"));
    await node(page, "notes").click();
    await node(page, "read me.txt").click();
    await page.locator(".ShowArtifactPage code").getByText("second line ü").waitFor();
    await page.locator(".artifact-info-size").getByText("26B").waitFor();
  });

  it("show JSON, in good order", async () => {
    const { page } = await visit(runPage("fruit", "apple"));
    await node(page, "classes.json").click();
    await eventually(() => page.locator(".ShowArtifactPage code").first().textContent()).toBe(
      `{\n  "classes": [\n    "ripe",\n    "unripe"\n  ]\n}`,
    );
  });

  it("show a picture", async () => {
    const { page } = await visit(runPage("fruit", "apple"));
    await node(page, "plots").click();
    await node(page, "red.png").click();
    const picture = page.getByAltText("plots/red.png");
    await picture.waitFor();
    expect(
      await picture.evaluate((image) => {
        const { naturalWidth, naturalHeight } = image as unknown as Record<string, number>;
        return [naturalWidth, naturalHeight];
      }),
    ).toEqual([3, 2]);
  });

  it("show a model with its schema and the version that it is registered as", async () => {
    const { page } = await visit(runPage("fruit", "apple"));
    await node(page, "model").click();
    await node(page, "MLmodel").waitFor();
    await page.getByText("Inputs (1)").waitFor();
    await page.locator(".artifact-info").getByText("ripeness").waitFor();
  });
});

describe("the comparison of runs", () => {
  it("has the params, metrics and tags of those that were selected side by side", async () => {
    const { page } = await visit(`/experiments/${ids.fruit}`);
    await page.getByText("Showing 4 matching runs").waitFor();
    for (const row of [2, 3])
      await page.locator(`.ag-row[row-index="${row}"] .ag-selection-checkbox input`).check();
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByRole("heading", { name: "Comparing 2 Runs from 1 Experiment" }).waitFor();
    // The order of the columns is the pages' own.
    const cells = async (title: string) =>
      (await rows(section(page, title))).map((row) => row.split(" ").sort().join(" "));
    await eventually(() => cells("Parameters")).toEqual(["3 5 depth", "model tree tree"]);
    await eventually(() => cells("Metrics")).toEqual(["0.5 0.875 accuracy", "0.125 0.5 loss"]);
    await eventually(() => cells("Tags")).toEqual(["c0 c1 colour"]);
    await eventually(() => page.locator(".js-plotly-plot").count()).toBeGreaterThan(0);
  });

  it("leads to the chart of a metric with a curve for each run", async () => {
    const runs = JSON.stringify([ids.apple, ids.cherry]);
    const { page, exchange } = await visit(`/compare-runs?runs=${runs}&experiments=["${ids.fruit}"]`);
    const first = exchange("metrics/get-history");
    await page.getByRole("link", { name: "loss" }).click();
    expect([ids.apple, ids.cherry]).toContain(history(await first).run);
    await eventually(() => curves(page)).toEqual([
      { name: "loss, apple", x: [0, 1, 2, 3], y: [0.9, 0.5, 0.25, 0.125] },
      { name: "loss, cherry", x: [0, 1], y: [0.75, 0.375] },
    ]);
  });
});
