import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { eventually, mlflowPages } from "./pages.ts";

const { ids, visit } = await mlflowPages("project");

/** The rows of the table of a page, their cells joined by a space. */
const rows = (page: Page) =>
  page.locator(".model-version-table tbody tr:not([aria-hidden])").evaluateAll((all) =>
    all.map((row) =>
      [...row.children]
        .map((cell) => cell.textContent?.trim())
        .join(" ")
        .trim(),
    ),
  );

describe("the list of models", () => {
  const listed = async (page: Page) => (await rows(page)).map((row) => row.replace(/ \d{4}-\S+ \S+/, ""));

  it("has every model with its latest versions and tags", async () => {
    const { page } = await visit("/models");
    await eventually(() => listed(page)).toEqual(
      expect.arrayContaining(["ripeness Version 2 Version 1 _ team:orchard", "weight _ _ _ _"]),
    );
  });

  it("finds models by a part of the name, and by a tag", async () => {
    const { page, exchange } = await visit("/models");
    await eventually(() => listed(page)).toHaveLength(3);
    await page.getByTestId("search-box").fill("EIGH");
    const found = exchange("registered-models/search");
    await page.getByTestId("search-box").press("Enter");
    expect(new URL((await found).request.url()).searchParams.get("filter")).toBe("name ilike '%EIGH%'");
    await eventually(() => listed(page)).toEqual(["weight _ _ _ _"]);
    await page.getByTestId("search-box").fill("tags.team = 'orchard'");
    await page.getByTestId("search-box").press("Enter");
    await eventually(async () => (await listed(page)).map((row) => row.split(" ")[0])).toEqual([
      "ripeness",
      "sweetness",
    ]);
  });

  it("is sorted by name, down, when its head is clicked", async () => {
    const { page } = await visit("/models");
    await eventually(() => listed(page)).toHaveLength(3);
    await page.getByRole("columnheader", { name: "Name" }).click();
    await eventually(async () => (await listed(page)).map((row) => row.split(" ")[0])).toEqual([
      "weight",
      "sweetness",
      "ripeness",
    ]);
  });

  it("gets a new model, which is described, tagged and deleted again", async () => {
    const { page, exchange } = await visit("/models", [
      // The form means to look whether the name is taken, but asks for the name "[object Object]" in a parameter "data".
      "GET registered-models/get 400",
    ]);
    await page.getByRole("button", { name: "Create Model" }).click();
    await page.getByLabel("Model name").fill("firm/ness ü");
    const created = exchange("registered-models/create");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    expect((await created).json.registered_model.name).toBe("firm/ness ü");
    await page.getByRole("heading", { name: "firm/ness ü" }).waitFor();

    await page.getByTestId("descriptionEditButton").click();
    await page.locator("textarea").fill("How *firm*");
    const described = exchange("registered-models/update");
    await page.getByRole("button", { name: "Save" }).click();
    expect((await described).json.registered_model.description).toBe("How *firm*");
    await page.locator("em", { hasText: "firm" }).waitFor();

    await page.getByRole("button", { name: "Tags" }).click();
    await page.getByPlaceholder("Name").fill("team");
    await page.getByPlaceholder("Value").fill("meadow");
    await page.getByTestId("add-tag-button").click();
    await page.getByTestId("tags-section").getByText("meadow").waitFor();

    await page.getByTestId("overflow-menu-trigger").click();
    await page.getByTestId("delete").click();
    const deleted = exchange("registered-models/delete");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await deleted;
    await page.getByTestId("ModelListView-container").waitFor();
    await eventually(() => listed(page)).toHaveLength(3);
  });
});

describe("the page of a model", () => {
  it("has its description, tags, and versions with their stages, which lead to theirs", async () => {
    const { page } = await visit("/models/ripeness");
    await page.getByText("Tells ripeness apart.").waitFor();
    await page.getByTestId("tags-section").getByText("orchard").waitFor();
    const versions = async () =>
      (await rows(page)).map((row) =>
        row
          .replace(/\d{4}-\S+ \S+/, "")
          .replace(/\s+/g, " ")
          .trim(),
      );
    await eventually(versions).toEqual([
      "Version 2 None Straight lines.",
      "Version 1 Staging Straight lines.",
    ]);
    await page.getByRole("link", { name: "Version 2" }).click();
    await page.getByTestId("breadcrumbModelVersion").waitFor();
  });

  it("of a model that does not exist says so", async () => {
    const { page } = await visit("/models/nothing", ["GET registered-models/get 404"]);
    await page.getByText("Model nothing does not exist").waitFor();
  });
});

describe("the page of a version", () => {
  it("has its description, the run it comes from and, read from its files, its schema", async () => {
    const { page } = await visit("/models/ripeness/versions/2");
    await page.getByText("Straight lines.").waitFor();
    await page.getByText("Inputs (1)").click();
    await page.getByText("Tensor (dtype: float64, shape: [-1,1])").waitFor();
    await page.getByText("Outputs (1)").waitFor();
    const run = page.getByRole("link", { name: "apple" });
    expect(await run.getAttribute("href")).toBe(`#/experiments/${ids.fruit}/runs/${ids.apple}`);
  });

  it("moves it to another stage, and what was there to the archive", async () => {
    const { page, exchange } = await visit("/models/sweetness/versions/2");
    await page.locator(".stage-transition-dropdown").click();
    await page.locator("li", { hasText: "Transition to" }).filter({ hasText: "Staging" }).click();
    const moved = exchange("model-versions/transition-stage");
    await page.getByRole("dialog").getByRole("button", { name: "OK" }).click();
    expect((await moved).request.postDataJSON()).toEqual({
      name: "sweetness",
      version: "2",
      stage: "Staging",
      archive_existing_versions: true,
    });
    await page.locator(".stage-transition-dropdown").getByText("Staging").waitFor();
    await page.getByTestId("breadcrumbRegisteredModel").click();
    await eventually(() => rows(page)).toEqual([
      expect.stringMatching(/Version 2 .* Staging /),
      expect.stringMatching(/Version 1 .* Archived /),
    ]);
  });

  it("of a version that does not exist says so", async () => {
    const { page } = await visit("/models/ripeness/versions/9", [
      "GET model-versions/get 404",
      "GET /model-versions/get-artifact 404",
      // The page leaves the first of these unhandled, too.
      "an exception",
    ]);
    await page.getByText("Model ripeness v9 does not exist").waitFor();
  });
});
