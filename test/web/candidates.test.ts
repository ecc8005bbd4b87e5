import { fromBinary } from "@bufbuild/protobuf";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { SearchCandidatesRequestSchema } from "../../gen/loggia/v1/candidates_pb.js";
import { accessibilityOf, column, eventually, loggiaPages } from "./loggia-pages.ts";

const { ids, server, visit } = await loggiaPages();

const at = (experiment: string, search = "") => `/default/-/ml/experiments/${ids[experiment]}${search}`;
const names = (page: Page) => column(page, "name");
const grid = (page: Page) => page.getByRole("treegrid").or(page.getByRole("grid"));
const select = (page: Page, name: string) =>
  page.getByRole("checkbox", { name: `Select ${name}`, exact: true }).click();
const newestFirst = ["elder", "damson", "cherry", "banana", "apple"];

describe("the page of an experiment", () => {
  it("stays, with its description as it was written, when the code that formats it does not come", async () => {
    const page = await visit("/-/none");
    await page.route("**/RenderedMarkdown*.js", (route) => route.abort());
    await page.goto(new URL(at("orchard"), page.url()).href);
    await page.getByText("Which fruit is *ripe*?").waitFor();
    await eventually(() => names(page)).toHaveLength(6);
  });
});

describe("the table of candidates", () => {
  it("has each with its metrics and params, the newest first, children below their parent", async () => {
    const page = await visit(at("orchard"));
    await eventually(() => names(page)).toEqual(["sweep3", ...newestFirst]);
    expect(await column(page, "metrics.loss")).toEqual(["", "2e−9", "NaN", "0.3", "0.5", "0.125"]);
    expect(await column(page, "params.model")).toEqual(["", "forest", "forest", "forest", "tree", "tree"]);
    expect(await column(page, "status")).toEqual([
      "Finished",
      "Running",
      "Failed",
      "Finished",
      "Finished",
      "Finished",
    ]);
    await page.getByRole("button", { name: "Open sweep" }).click();
    await eventually(() => names(page)).toEqual(["sweep", "sweep 2", "sweep 1", "sweep 0", ...newestFirst]);
    await page.getByText("9 candidates, 3 of them below others").waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
  });

  it("opens a parent that stands alone by itself, and leaves it closed to those who close it", async () => {
    const page = await visit(at("nested"));
    await eventually(() => names(page)).toEqual(["root", "branch 1", "branch 0"]);
    await page.getByRole("button", { name: "Close root" }).click();
    await eventually(() => names(page)).toEqual(["root2"]);
    await page.getByRole("button", { name: "Open root" }).click();
    await eventually(() => names(page)).toEqual(["root", "branch 1", "branch 0"]);
    // And it stays open where others that come push it down.
    for (const name of ["a", "b", "c", "d"])
      await fetch(`${server.url}/api/2.0/mlflow/runs/create`, {
        method: "POST",
        body: JSON.stringify({ experiment_id: ids.nested, run_name: name, start_time: Date.now() }),
      });
    await eventually(() => names(page)).toEqual(["d", "c", "b", "a", "root", "branch 1", "branch 0"]);
  });

  it("shows a number in full on hover and copies it so, as the client logged it", async () => {
    const page = await visit(at("orchard"), { permissions: ["clipboard-read", "clipboard-write"] });
    const cell = page.getByRole("gridcell", { name: "0.3", exact: true });
    await cell.hover();
    await eventually(() => cell.getAttribute("title")).toBe("0.30000000000000004");
    await cell.click();
    await page.keyboard.press("Control+c");
    await eventually(() => page.evaluate("navigator.clipboard.readText()")).toBe("0.30000000000000004");
    const created = page.locator('[role=gridcell][id$="-created"]').filter({ hasText: "2022" }).first();
    await created.hover();
    await eventually(() => created.getAttribute("title")).toMatch(
      /^(Mon, 8|Tue, 9) Aug 2022, \d\d:\d\d:40\.000 CEST$/,
    );
  });

  it("is sorted by a metric, down, up and no more, by the server, and the address holds it", async () => {
    const page = await visit(at("orchard"));
    await eventually(() => names(page)).toHaveLength(6);
    const loss = page.locator('[role=columnheader][id$="-metrics.loss"]');
    await loss.getByRole("button", { name: "loss", exact: true }).click();
    await eventually(() => names(page)).toEqual([
      "sweep 2",
      "sweep 1",
      "sweep 0",
      "banana",
      "cherry",
      "apple",
      "elder",
      "damson",
      "sweep3",
    ]);
    expect(new URL(page.url()).searchParams.get("sort")).toBe("-metrics.loss");
    expect(await loss.getAttribute("aria-sort")).toBe("descending");
    await loss.getByRole("button", { name: "loss", exact: true }).click();
    await eventually(async () => (await names(page)).slice(0, 3)).toEqual(["elder", "apple", "cherry"]);
    await page.reload();
    await eventually(async () => (await names(page)).slice(0, 3)).toEqual(["elder", "apple", "cherry"]);
    await loss.getByRole("button", { name: "loss", exact: true }).click();
    await eventually(() => names(page)).toEqual(["sweep3", ...newestFirst]);
  });

  it("is sorted by how long candidates took", async () => {
    const page = await visit(at("orchard"));
    await eventually(() => names(page)).toHaveLength(6);
    const before = await names(page);
    const head = page.getByRole("columnheader", { name: /Duration/ });
    await head.getByRole("button", { name: "Duration", exact: true }).click();
    await eventually(() => head.getAttribute("aria-sort")).toBe("descending");
    expect(new URL(page.url()).searchParams.get("sort")).toBe("-duration");
    await eventually(async () => (await names(page)).toSorted()).toEqual(before.toSorted());
  });

  it("finds candidates by a part of their name", async () => {
    const page = await visit(at("orchard"));
    await page.getByLabel("Find by name").fill("WEEP 1");
    await eventually(() => names(page)).toEqual(["sweep 1"]);
    await page.getByText("1 of 9 candidates").waitFor();
  });

  it("scrolls through more than it has asked for, each candidate once and in its place", async () => {
    const page = await visit(at("grains"));
    await page.getByText("250 candidates").waitFor();
    await eventually(async () => (await names(page))[0]).toBe("grain 249");
    await grid(page).focus();
    await page.keyboard.press("End");
    await eventually(async () => (await names(page)).at(-1)).toBe("grain 0");
    const seen = await names(page);
    expect(seen).toEqual(seen.map((_, i) => `grain ${seen.length - 1 - i}`));
    expect(await page.locator("[data-row]").count()).toBeLessThan(60);
    // In another order one is at the top again, and nothing is asked of where one was.
    const offsets: number[] = [];
    page.on("request", (request) => {
      const body = request.postDataBuffer();
      if (!request.url().endsWith("/SearchCandidates") || body === null) return;
      const { offset, countLimit } = fromBinary(SearchCandidatesRequestSchema, body);
      if (countLimit === 0) offsets.push(offset);
    });
    await page
      .getByRole("columnheader", { name: /^Created/ })
      .getByRole("button", { name: "Created", exact: true })
      .click();
    await eventually(async () => (await names(page))[0]).toBe("grain 0");
    await page.locator('[data-row="0"]').waitFor();
    expect(offsets).toEqual([0]);
  });

  it("fills its rows while they are moving", async () => {
    const page = await visit(at("grains"));
    await page.getByText("250 candidates").waitFor();
    await eventually(() => page.locator("[data-state]").textContent()).toBe("Live");
    const asked = page.waitForRequest("**/SearchCandidates");
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 1000);
    // A row every 40 ms, so that no place is looked at for long.
    for (let row = 150; row < 155; row++) {
      await grid(page).evaluate((grid, top) => {
        grid.scrollTop = top;
      }, row * 34);
      // The first that is drawn above it.
      await page.locator(`[data-row="${row - 6}"]`).waitFor({ state: "attached" });
      await page.locator(`[data-row="${row - 7}"]`).waitFor({ state: "detached" });
      await page.clock.runFor(40);
    }
    await asked;
    await page.clock.resume();
    const cell = page.locator('[data-row="155"] [role=gridcell][id$="-name"]');
    await eventually(() => cell.textContent()).toBe("grain 94");
  });

  it("is worked with the keyboard alone", async () => {
    const page = await visit(at("orchard"));
    await eventually(() => names(page)).toHaveLength(6);
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.getByText("1 candidate selected").waitFor();
    expect(await page.getByRole("checkbox", { name: "Select elder" }).isChecked()).toBe(true);
    await page.keyboard.press("k");
    await page.keyboard.press("ArrowRight");
    await eventually(() => names(page)).toHaveLength(9);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowLeft");
    await eventually(() => names(page)).toHaveLength(6);
    await page.keyboard.press("ArrowRight");
    await eventually(() => names(page)).toHaveLength(9);
    await page.keyboard.press("Escape");
    await page.getByText("1 candidate selected").waitFor({ state: "detached" });
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/default\/-\/ml\/candidates\/\d+$/);
  });
});

describe("the filter", () => {
  it("narrows the candidates, and going back widens them again", async () => {
    const page = await visit(at("orchard"));
    await page.getByLabel("Filter", { exact: true }).fill(`metrics.loss < 0.4 AND params.model = 'forest'`);
    await page.keyboard.press("Enter");
    await eventually(() => names(page)).toEqual(["elder", "cherry"]);
    await page.goBack();
    await eventually(() => names(page)).toHaveLength(6);
    expect(await page.getByLabel("Filter", { exact: true }).inputValue()).toBe("");
  });

  it("is completed: fields, comparators, values that candidates have", async () => {
    const page = await visit(at("orchard"));
    await eventually(() => names(page)).toHaveLength(6);
    await page.keyboard.press("/");
    const options = () => page.getByRole("option").locator("span").allTextContents();
    await page.keyboard.type("mod");
    await eventually(options).toEqual(["params.model"]);
    await page.keyboard.press("Tab");
    await eventually(options).toContain("ILIKE");
    await page.keyboard.type("= ");
    await eventually(options).toEqual(["'forest'", "'tree'"]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await accessibilityOf(page)).toEqual([]);
    await page.keyboard.press("Enter");
    expect(await page.getByLabel("Filter", { exact: true }).inputValue()).toBe("params.model = 'tree' ");
    await page.keyboard.press("Enter");
    await eventually(() => names(page)).toEqual(["banana", "apple"]);
  });

  it("says at its place what is wrong, keeps what is shown, and recovers", async () => {
    const page = await visit(at("orchard"), { expected: ["SearchCandidates 400"] });
    await eventually(() => names(page)).toHaveLength(6);
    const filter = page.getByLabel("Filter", { exact: true });
    await filter.fill("metrics.loss < 1 AND nonsense.x = 2");
    await filter.press("Enter");
    await page.getByRole("alert").getByText("Invalid entity type 'nonsense'").waitFor();
    expect(await filter.getAttribute("aria-invalid")).toBe("true");
    expect(await page.locator("mark").textContent()).toBe("nonsense.x");
    expect(await names(page)).toHaveLength(6);
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await page.getByRole("alert").waitFor({ state: "detached" });
  });

  it("says when nothing matches, and clears itself", async () => {
    const page = await visit(at("orchard", "?filter=metrics.loss+>+1000"));
    await page.getByRole("heading", { name: "No candidate matches" }).waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
    await page.getByRole("main").getByRole("button", { name: "Clear the filter" }).last().click();
    await eventually(() => names(page)).toHaveLength(6);
  });
});

describe("the columns", () => {
  const heads = (page: Page) =>
    page
      .locator("[role=columnheader][id]")
      .evaluateAll((all) => all.map(({ id }) => id.replace(/^.*?--1-/, "")));

  it("are chosen, pinned and moved, and the address holds them", async () => {
    const page = await visit(at("orchard"));
    await eventually(() => names(page)).toHaveLength(6);
    await page.getByRole("button", { name: "Columns" }).click();
    await page
      .getByRole("button", { name: "Hide all: Attributes" })
      .or(page.getByRole("button", { name: "Show all: Attributes" }))
      .first()
      .waitFor();
    for (const title of ["Status", "Duration", "User", "depth", "model"])
      await page.getByRole("button", { name: `Hide ${title}`, exact: true }).click();
    await page.getByRole("checkbox", { name: "season" }).check();
    await page.getByRole("button", { name: "Pin loss" }).click();
    await page.getByRole("button", { name: "Move val/f1 to the left" }).click();
    await page.keyboard.press("Escape");
    const wanted = [
      "name",
      "metrics.loss",
      "created",
      "metrics.val/f1",
      "metrics.val/accuracy",
      "tags.season",
    ];
    await eventually(() => heads(page)).toEqual(wanted);
    expect(await column(page, "tags.season")).toEqual(["", "late", "late", "late", "late", "late"]);
    await page.reload();
    await eventually(() => heads(page)).toEqual(wanted);
  });

  it("are worked from the menu of each: sorted, moved, made wider, hidden", async () => {
    const page = await visit(at("orchard", "?columns=name,metrics.loss,params.depth,status"));
    await eventually(() => names(page)).toHaveLength(6);
    const choose = async (column: string, item: string) => {
      await page.locator(`[role=columnheader][id$="-${column}"]`).hover();
      await page.locator(`[role=columnheader][id$="-${column}"] [aria-haspopup=menu]`).click();
      await page.getByRole("menuitem", { name: item }).click();
    };
    await choose("params.depth", "Move left");
    await eventually(() => heads(page)).toEqual(["name", "params.depth", "metrics.loss", "status"]);
    await choose("status", "Hide");
    await eventually(() => heads(page)).toEqual(["name", "params.depth", "metrics.loss"]);
    const before = (await page.locator('[role=columnheader][id$="-params.depth"]').boundingBox())?.width ?? 0;
    await choose("params.depth", "Wider");
    await eventually(
      async () => (await page.locator('[role=columnheader][id$="-params.depth"]').boundingBox())?.width,
    ).toBe(before + 40);
    await choose("params.depth", "Sort, greatest first");
    await eventually(async () => (await names(page))[0]).toBe("elder");
  });

  it("are resized by dragging and reordered by dropping", async () => {
    const page = await visit(at("orchard", "?columns=name,metrics.loss,params.depth,status"));
    await eventually(() => names(page)).toHaveLength(6);
    const box = await page.locator('[role=columnheader][id$="-metrics.loss"]').boundingBox();
    if (box === null) throw new Error("no column");
    await page.mouse.move(box.x + box.width, box.y + 12);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width + 70, box.y + 12, { steps: 4 });
    await page.mouse.up();
    await eventually(
      async () => (await page.locator('[role=columnheader][id$="-metrics.loss"]').boundingBox())?.width,
    ).toBe(box.width + 70);
    await page
      .locator('[role=columnheader][id$="-status"]')
      .dragTo(page.locator('[role=columnheader][id$="-metrics.loss"]'));
    await eventually(() => heads(page)).toEqual(["name", "status", "metrics.loss", "params.depth"]);
  });
});

describe("a selection", () => {
  it("is kept in the address, is deleted, and is restored from the trash", async () => {
    const page = await visit(at("to delete"));
    await eventually(() => names(page)).toHaveLength(4);
    await select(page, "leaf 1");
    await select(page, "leaf 2");
    await page.getByText("2 candidates selected").waitFor();
    await page.reload();
    await page.getByText("2 candidates selected").waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await eventually(() => names(page)).toEqual(["leaf 3", "leaf 0"]);
    await page.getByText("Trash", { exact: true }).click();
    await eventually(() => names(page)).toEqual(["leaf 2", "leaf 1"]);
    await page.getByRole("checkbox", { name: "Select all 2 candidates" }).click();
    await page.getByRole("button", { name: "Restore" }).click();
    await page.getByRole("heading", { name: "Nothing is deleted" }).waitFor();
    await page.getByText("Active", { exact: true }).click();
    await eventually(() => names(page)).toEqual(["leaf 3", "leaf 2", "leaf 1", "leaf 0"]);
  });

  it("is taken back whole when it was deleted by mistake", async () => {
    const page = await visit(at("to delete"));
    await eventually(() => names(page)).toHaveLength(4);
    await select(page, "leaf 0");
    await page.getByRole("checkbox", { name: "Select leaf 3" }).click({ modifiers: ["Shift"] });
    await page.getByText("4 candidates selected").waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "No candidates yet" }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await eventually(() => names(page)).toHaveLength(4);
  });

  it("is tagged", async () => {
    const page = await visit(at("to tag", "?columns=name,tags.fate"));
    await eventually(() => names(page)).toHaveLength(4);
    await select(page, "twig 0");
    await select(page, "twig 3");
    await page.getByRole("button", { name: "Tag" }).click();
    await page.getByLabel("Key", { exact: true }).fill("fate");
    await page.getByLabel("Value", { exact: true }).fill("kept");
    await page.getByRole("button", { name: "Tag", exact: true }).last().click();
    await eventually(() => column(page, "tags.fate")).toEqual(["kept", "", "", "kept"]);
  });
});

describe("an experiment", () => {
  it("shows its description, which is edited as Markdown and previewed", async () => {
    const page = await visit(at("to describe"));
    await page.getByRole("button", { name: "Actions for this experiment" }).click();
    await page.getByRole("menuitem", { name: "Describe …" }).click();
    await page.getByLabel("Markdown").fill("It is **bold**.");
    await page.getByText("Preview", { exact: true }).click();
    await page.getByRole("dialog").locator("strong", { hasText: "bold" }).waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("region", { name: "Description" }).locator("strong", { hasText: "bold" }).waitFor();
  });

  it("gets and loses a tag", async () => {
    const page = await visit(at("to describe"));
    await page.getByRole("button", { name: "Actions for this experiment" }).click();
    await page.getByRole("menuitem", { name: "Edit the tags …" }).click();
    await page.getByLabel("Key", { exact: true }).fill("team");
    await page.getByLabel("Value", { exact: true }).fill("roots");
    await page.getByRole("button", { name: "Set" }).click();
    await page.getByRole("banner").or(page.locator("header")).getByText("roots").first().waitFor();
    await page.getByRole("button", { name: "Delete the tag team" }).click();
    await page.getByText("No tags yet.").waitFor();
  });

  it("keeps a view by its name for everyone", async () => {
    const page = await visit(at("to view", "?filter=metrics.loss+<+1&columns=name,status"));
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Save this view …" }).click();
    await page.getByLabel("Name", { exact: true }).fill("good ones");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "good ones" }).waitFor();
    const other = await visit(at("to view"));
    await other.getByRole("button", { name: "Views" }).click();
    await other.getByRole("menuitem", { name: "good ones" }).click();
    await eventually(() => other.getByLabel("Filter", { exact: true }).inputValue()).toBe("metrics.loss < 1");
  });

  it("says so when it does not exist", async () => {
    const page = await visit("/default/-/ml/experiments/4711", { expected: ["GetExperiment 404"] });
    await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
  });
});

describe("on a phone", () => {
  it("nothing is cut off beside the table, which scrolls", async () => {
    const page = await visit(at("orchard"), { viewport: { width: 360, height: 760 } });
    await eventually(() => names(page)).toHaveLength(6);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    await page.getByText("9 candidates").waitFor();
    expect(await page.getByText("of them below others", { exact: false }).last().isVisible()).toBe(false);
    expect(await accessibilityOf(page)).toEqual([]);
  });
});
