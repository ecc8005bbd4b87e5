import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { eventually, loggiaPages, seed } from "./loggia-pages.ts";

const { server, visit } = await loggiaPages({ seeded: false });
const ids = await seed(server, "seed_candidate.py");
const at = (search = "") => `/default/-/ml/candidates/${ids.hostile}${search}`;
const file = (path: string) => at(`?tab=artifacts&path=${encodeURIComponent(path)}`);

/** The document would say so if anything had run, and it would hold what was logged as elements. */
async function untouched(page: Page): Promise<void> {
  expect(await page.evaluate("document.documentElement.dataset.attacked")).toBeUndefined();
  expect(await page.locator('img[src="x"], script:not([src]), a[href^="javascript:" i]').count()).toBe(0);
  expect(new URL(page.url()).origin).toBe(server.url);
}

it("runs nothing in the name, user, source, description, params, tags and children of a candidate", async () => {
  const page = await visit(at());
  await page.getByRole("heading", { name: /^hostile <img/ }).waitFor();
  for (const name of ["Parameters", "Metadata"])
    await page.getByRole("table", { name }).getByRole("button", { name: /^<img/ }).waitFor();
  await page.getByRole("link", { name: /^child of <img/ }).waitFor();
  await page.getByText("Set by clients").click();
  await page.getByRole("region", { name: "Description" }).getByText("click").waitFor();
  await page.getByRole("table", { name: "Metadata" }).getByRole("button", { name: /^<img/ }).click();
  await page.getByRole("dialog", { name: "note" }).getByText("<script>").waitFor();
  await untouched(page);
});

it("runs nothing in what a model says of itself, and gives it no line in the code to paste", async () => {
  const page = await visit(at("?tab=models"), { expected: ["get-artifact 404"] });
  const card = page.getByRole("region", { name: /^<img/ }).first();
  await card.getByRole("cell", { name: /^<img/ }).first().waitFor();
  await card.getByRole("definition").filter({ hasText: /^<img/ }).first().waitFor();
  const code = await card
    .getByRole("region", { name: /Python code/ })
    .first()
    .textContent();
  expect(code?.split("\n")).toHaveLength(5);
  await untouched(page);
});

it("runs nothing in the names of files and folders", async () => {
  const page = await visit(at("?tab=artifacts"));
  await page.getByRole("treeitem", { name: /^<img.*\.txt/ }).click();
  await page.getByRole("region", { name: "Text" }).getByText("<script>").waitFor();
  await page.getByRole("treeitem", { name: /^<img/ }).first().click();
  await page.getByRole("treeitem", { name: /^inside/ }).waitFor();
  await untouched(page);
});

it("runs nothing of an HTML artifact, which leaves its frame for nowhere and loads nothing", async () => {
  const page = await visit(file("page.html"), { expected: ["Content Security Policy"] });
  await page.frameLocator("iframe").getByRole("button", { name: "go" }).waitFor();
  await page.frameLocator("iframe").getByRole("button", { name: "go" }).click();
  await page.getByText("Text", { exact: true }).click();
  await page.getByRole("region", { name: "Text" }).getByText("http-equiv").waitFor();
  await untouched(page);
});

it("runs nothing of an SVG artifact, and takes none for a picture because of its name", async () => {
  const page = await visit(file("drawing.svg"));
  await page.getByText("9 × 9 pixels").waitFor();
  await page.getByRole("treeitem", { name: /^picture\.png/ }).click();
  await page.getByRole("heading", { name: "This picture cannot be shown" }).waitFor();
  await untouched(page);
});

it("runs nothing in Markdown, JSON and tables, and asks no other site for their pictures", async () => {
  const page = await visit(file("report.md"));
  await page.getByRole("link", { name: "far" }).waitFor();
  await page.getByText("click", { exact: true }).waitFor();
  await untouched(page);
  await page.getByRole("treeitem", { name: /^data\.json/ }).click();
  await page.getByRole("region", { name: "Text" }).getByText("<script>").first().waitFor();
  await page.getByRole("treeitem", { name: /^table\.csv/ }).click();
  await page.getByRole("columnheader", { name: /^<img/ }).waitFor();
  await page.getByRole("cell", { name: "=1+1" }).waitFor();
  await untouched(page);
});

it("makes nothing of an MLmodel file that asks for code", async () => {
  const page = await visit(file("model"));
  await page.getByRole("heading", { name: "model", exact: true }).first().waitFor();
  await eventually(() => page.getByText("Reading MLmodel").count()).toBe(0);
  await untouched(page);
});

it("runs nothing that the address brings", async () => {
  const attack = "<img src=x onerror=\"document.documentElement.dataset.attacked='yes'\">";
  const page = await visit(
    at(`?tab=artifacts&path=${encodeURIComponent(attack)}&of=${encodeURIComponent(attack)}`),
  );
  await page.getByRole("heading", { name: "There is no such artifact" }).waitFor();
  await untouched(page);
});
