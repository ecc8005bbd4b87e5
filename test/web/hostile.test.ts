import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { column, eventually, loggiaPages } from "./loggia-pages.ts";

const { ids, visit } = await loggiaPages();
const experiment = `/default/-/ml/experiments/${ids.hostile}`;

/** The document would say so if anything had run, and it would hold what was logged as elements. */
async function untouched(page: Page): Promise<void> {
  expect(await page.evaluate("document.documentElement.dataset.attacked")).toBeUndefined();
  expect(await page.locator('img[src="x"], script:not([src]), a[href^="javascript:" i]').count()).toBe(0);
}

it("runs nothing in the name and the tags of an experiment in the list", async () => {
  const page = await visit("/default/-/ml/experiments");
  await page.getByRole("link", { name: /^hostile <img/ }).waitFor();
  await page.getByTitle(/^note: <img/).waitFor();
  await untouched(page);
});

it("runs nothing in the name, the tags and the description of an experiment on its page", async () => {
  const page = await visit(experiment);
  await page.getByRole("heading", { name: /^hostile <img/ }).waitFor();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("region", { name: "Description" }).getByText("click").waitFor();
  await page.getByRole("region", { name: "Description" }).getByRole("link", { name: "x" }).waitFor();
  await untouched(page);
});

it("runs nothing in the name, params, tags, source and job of a candidate", async () => {
  const page = await visit(
    `${experiment}?columns=name,user,job,source,params.text,params.link,tags.note,tags.mlflow.user,artifacts,id`,
    { viewport: { width: 2400, height: 900 } },
  );
  await eventually(async () => (await column(page, "name"))[0]).toContain("run <img");
  for (const id of ["source", "params.text", "tags.note", "tags.mlflow.user"])
    expect((await column(page, id))[0]).toContain("<script>");
  expect((await column(page, "params.link"))[0]).toContain("javascript:");
  await untouched(page);
});

it("runs nothing in the values that complete a filter", async () => {
  const page = await visit(experiment);
  await page.getByLabel("Filter", { exact: true }).click();
  await page.keyboard.type("params.text = ");
  await page.getByRole("option", { name: /<script>/ }).waitFor();
  await untouched(page);
});

it("runs nothing that an address brings, and says what is wrong with it", async () => {
  const attack = "<img src=x onerror=\"document.documentElement.dataset.attacked='yes'\">";
  const search = ["filter", "name", "sort", "columns", "selected", "view"]
    .map((name) => `${name}=${encodeURIComponent(attack)}`)
    .join("&");
  const page = await visit(`${experiment}?${search}`, { expected: ["SearchCandidates 400"] });
  await page.getByRole("alert").waitFor();
  await untouched(page);
});
