import { readFile } from "node:fs/promises";
import type { Download, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { accessibilityOf, eventually, loggiaPages, seed } from "./loggia-pages.ts";

const { server, visit } = await loggiaPages({ seeded: false });
const ids = await seed(server, "seed_candidate.py");
const newer = await seed(server, "seed_candidate_3.py", "mlflow-3");

const at = (name: string, search = "") => `/default/-/ml/candidates/${ids[name]}${search}`;
const file = (path: string, name = "full") => at(name, `?tab=artifacts&path=${encodeURIComponent(path)}`);
const table = (page: Page, name: string) => page.getByRole("table", { name, exact: true });
const copied = (page: Page) => page.evaluate("navigator.clipboard.readText()");
const clipboard = { permissions: ["clipboard-read", "clipboard-write"] };

async function bytesOf(download: Download): Promise<Buffer> {
  return readFile(await download.path());
}

describe("a candidate", () => {
  it("shows what was logged, numbers short with every digit on hover, by its number and by its run id", async () => {
    const page = await visit(at("full"));
    await page.getByRole("heading", { name: "full", exact: true }).waitFor();
    const loss = table(page, "Metrics").getByRole("row", { name: /^loss/ });
    await loss.waitFor();
    expect((await loss.getByRole("cell").allTextContents()).slice(0, 3)).toEqual(["loss", "0.3", "7"]);
    expect(await loss.getByText("0.3", { exact: true }).getAttribute("title")).toBe("0.30000000000000004");
    expect(
      await table(page, "Metrics")
        .getByRole("row", { name: /^beyond/ })
        .textContent(),
    ).toContain("∞");
    expect(
      await table(page, "Parameters")
        .getByRole("row", { name: /^depth/ })
        .textContent(),
    ).toBe("depth7");
    await page.locator("strong", { hasText: "wine" }).waitFor();
    await page.getByText("took 1 min 01 s").waitFor();
    await page.getByText("8f14e45fceea", { exact: true }).waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
    const iid = await page
      .getByRole("button", { name: "Copy the candidate's number" })
      .locator("..")
      .textContent();
    await page.goto(`${server.url}/default/-/ml/candidates/${iid?.trim()}`);
    await page.getByText(ids.full ?? "", { exact: true }).waitFor();
  });

  it("copies its ids and its numbers in full", async () => {
    const page = await visit(at("full"), clipboard);
    await page.getByRole("button", { name: "Copy the run ID" }).click();
    await eventually(() => copied(page)).toBe(ids.full);
    await page.getByRole("button", { name: "Copy loss" }).click();
    await eventually(() => copied(page)).toBe("0.30000000000000004");
    await page.getByText("Load in Python").click();
    await page.getByRole("button", { name: "Copy the Python code" }).click();
    await eventually(() => copied(page)).toContain(`mlflow.get_run("${ids.full}")`);
  });

  it("shows a long value whole when it is pressed", async () => {
    const page = await visit(at("full"));
    await table(page, "Parameters")
      .getByRole("button", { name: /^long long/ })
      .click();
    const value = page.getByRole("dialog", { name: "grid" }).getByRole("region");
    expect(await value.textContent()).toBe("long ".repeat(60));
    expect(await accessibilityOf(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  it("with 1,000 metrics draws those in sight, and finds one by a part of its key", async () => {
    const page = await visit(at("wide"));
    const metrics = table(page, "Metrics");
    await metrics.getByText("metric 0000").waitFor();
    expect(await metrics.getByRole("row").count()).toBeLessThan(40);
    expect(await metrics.getAttribute("aria-rowcount")).toBe("1001");
    await page.getByRole("region", { name: "Metrics", exact: true }).last().focus();
    await page.keyboard.press("End");
    await metrics.getByText("metric 0999").waitFor();
    await page.getByLabel("Find in metrics").fill("IC 0777");
    await metrics.locator(`[title="${777 / 7}"]`).waitFor();
    expect(await metrics.getByRole("row").count()).toBe(2);
    await page.getByLabel("Find in metrics").fill("nothing");
    await page.getByText("Nothing here is called “nothing”.").waitFor();
  });

  it("that has logged nothing says so", async () => {
    const page = await visit(at("bare"));
    await page.getByText("No metric was logged.").waitFor();
    await page.getByText("Running", { exact: true }).waitFor();
    const sections = page.getByRole("navigation", { name: "Sections of the candidate" });
    expect(await sections.getByRole("link", { name: /^Models/ }).count()).toBe(0);
    await page.getByRole("link", { name: "Artifacts" }).click();
    await page.getByRole("heading", { name: "No artifacts" }).waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
  });

  it("says in words that its CI job is claimed", async () => {
    const page = await visit(at("full"));
    const job = page.getByRole("region", { name: "CI job" });
    await job.getByText("The client named this job; the CI system did not vouch for it.").waitFor();
    await job.getByText("4711").waitFor();
  });

  it("says in words that its CI job is verified, and leads to all that the CI system knows of it", async () => {
    const run = await server.db
      .selectFrom("runs")
      .select(["project_id", "run_key"])
      .where("run_id", "=", ids["child 0"] ?? "")
      .executeTakeFirstOrThrow();
    const job = { project_id: run.project_id, job_id: "99", source: "https://gitlab.example.org" };
    await server.db
      .insertInto("ci_jobs")
      .values({
        ...job,
        provider: "gitlab",
        repository: "team/wine",
        name: "train",
        url: "https://gitlab.example.org/team/wine/-/jobs/99",
        pipeline_id: "12",
        ref: "tuning",
        commit_sha: "8f14e45fceea167a5a36dedd4bea2543ab12cd34",
        merge_request: "5",
        username: "ada",
        user_name: "Ada",
      })
      .execute();
    await server.db
      .insertInto("ci_runs")
      .values({ ...job, run_key: run.run_key })
      .execute();
    const page = await visit(at("child 0"));
    const card = page.getByRole("region", { name: "CI job" });
    await card.getByText("The job proved with its id-token that it made this candidate.").waitFor();
    const links = await card
      .getByRole("link")
      .evaluateAll((all) => all.map((one) => `${one.textContent} ${one.getAttribute("href")}`));
    const wine = "https://gitlab.example.org/team/wine/-";
    expect(links).toEqual([
      `train ${wine}/jobs/99`,
      `12 ${wine}/pipelines/12`,
      `8f14e45fceea ${wine}/commit/8f14e45fceea167a5a36dedd4bea2543ab12cd34`,
      `!5 ${wine}/merge_requests/5`,
      "Ada https://gitlab.example.org/ada",
    ]);
    await card.getByText("tuning", { exact: true }).waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
  });

  it("leads to its parent, its children, its experiment, and all children in the table", async () => {
    const page = await visit(at("parent"));
    await page.getByRole("link", { name: "child 1" }).click();
    await page.getByRole("heading", { name: "child 1" }).waitFor();
    await page.getByRole("link", { name: "parent", exact: true }).click();
    await page.getByRole("heading", { name: "parent", exact: true }).waitFor();
    await page.getByRole("link", { name: "Compare all of them in the table" }).click();
    await page.getByText("3 of 12 candidates").waitFor();
    await page.goBack();
    await page
      .getByRole("navigation", { name: "Where it belongs" })
      .getByRole("link", { name: "vineyard" })
      .click();
    await page.getByText(/^12 candidates/).waitFor();
  });

  it("says so when it does not exist, and when the server is gone", async () => {
    const page = await visit("/default/-/ml/candidates/4711000", { expected: ["GetCandidate 404"] });
    await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
    const other = await visit(at("bare"));
    await other.getByText("No metric was logged.").waitFor();
    await other.context().setOffline(true);
    await other.getByText("The server cannot be reached. What you see").waitFor();
    await other.getByText("No metric was logged.").waitFor();
  });
});

describe("changing a candidate", () => {
  it("renames and describes it", async () => {
    const page = await visit(at("to change"));
    await page.getByRole("button", { name: "Actions for this candidate" }).click();
    await page.getByRole("menuitem", { name: "Rename …" }).click();
    await page.getByLabel("Name", { exact: true }).fill("changed");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "changed", exact: true }).waitFor();
    await page.getByRole("button", { name: "Actions for this candidate" }).click();
    await page.getByRole("menuitem", { name: "Describe …" }).click();
    await page.getByLabel("Markdown").fill("It is **bold**.");
    await page.getByText("Preview", { exact: true }).click();
    await page.getByRole("dialog").locator("strong", { hasText: "bold" }).waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("region", { name: "Description" }).locator("strong", { hasText: "bold" }).waitFor();
  });

  it("sets, edits and deletes a tag, which is taken back", async () => {
    const page = await visit(at("to tag"));
    await page.getByRole("button", { name: "Add a tag" }).click();
    await page.getByLabel("Key", { exact: true }).fill("fate");
    await page.getByLabel("Value", { exact: true }).fill("kept");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    const row = table(page, "Metadata").getByRole("row", { name: /^fate/ });
    await row.getByText("kept").waitFor();
    await page.getByRole("button", { name: "Edit the tag fate" }).click();
    await page.getByLabel("Value", { exact: true }).fill("sold");
    await page.getByRole("button", { name: "Save" }).click();
    await row.getByText("sold").waitFor();
    await page.getByRole("button", { name: "Delete the tag fate" }).click();
    await row.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await row.getByText("sold").waitFor();
  });

  it("deletes it with a key, says that it is deleted, and restores it", async () => {
    const page = await visit(at("to delete"));
    await page.getByRole("heading", { name: "to delete" }).waitFor();
    await page.keyboard.press("Delete");
    await page.getByText("This candidate is deleted.").waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
    await page.reload();
    await page.getByRole("button", { name: "Restore" }).click();
    await page.getByText("This candidate is deleted.").waitFor({ state: "detached" });
  });
});

describe("the artifacts", () => {
  it("are a tree that the keyboard opens, walks and chooses in, folder by folder", async () => {
    const page = await visit(at("full", "?tab=artifacts"));
    const tree = page.getByRole("tree", { name: "Artifacts" });
    const items = () => tree.getByRole("treeitem").allTextContents();
    await eventually(async () => (await items()).length).toBe(14);
    expect((await items()).slice(0, 3)).toEqual(["classifier", "deep", "broken.png10 B"]);
    expect(await accessibilityOf(page)).toEqual([]);
    await tree.focus();
    await page.keyboard.press("d");
    await page.keyboard.press("ArrowRight");
    await tree.getByText("deeper").waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    await tree.getByText("deepest").waitFor();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await tree.getByText("end.txt").waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "Text" }).getByText("the end").waitFor();
    expect(new URL(page.url()).searchParams.get("path")).toBe("deep/deeper/deepest/end.txt");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await tree.getByText("end.txt").waitFor({ state: "detached" });
    await page.reload();
    await page.getByRole("region", { name: "Text" }).getByText("the end").waitFor();
    await tree.getByText("end.txt").waitFor();
  });

  it("that are pictures are drawn", async () => {
    const page = await visit(file("picture.png"));
    await page.getByText("48 × 32 pixels").waitFor();
    await page.getByRole("treeitem", { name: "drawing.svg" }).click();
    await page.getByText("60 × 40 pixels").waitFor();
    await page.getByRole("treeitem", { name: "broken.png" }).click();
    await page.getByRole("heading", { name: "This picture cannot be shown" }).waitFor();
  });

  it("that are JSON are indented, with every digit as it was", async () => {
    const page = await visit(file("config.json"));
    const text = () => page.getByRole("region", { name: "Text" }).locator("pre").textContent();
    await eventually(text).toBe(
      '{\n  "rate": 0.10,\n  "big": 12345678901234567890,\n  "nested": {\n    "list": [\n      1,\n      2\n    ],\n    "none": []\n  },\n  "worst": NaN\n}',
    );
    await page.getByText("Text", { exact: true }).click();
    await eventually(text).toContain('{"rate":0.10,"big":12345678901234567890');
  });

  it("that are CSV are a table, of which what is in sight is drawn", async () => {
    const page = await visit(file("table.csv"));
    const rows = table(page, "table.csv");
    await rows.getByText("row 0, quoted").waitFor();
    await page.getByText("5,000 rows, 3 columns").waitFor();
    expect(await rows.getByRole("row").count()).toBeLessThan(60);
    expect(await accessibilityOf(page)).toEqual([]);
    await page.getByRole("region", { name: "table.csv" }).last().focus();
    await page.keyboard.press("End");
    await rows.getByText("row 4999, quoted").waitFor();
    await rows.getByText("624.875").waitFor();
  });

  it("that are Markdown are formatted", async () => {
    const page = await visit(file("report.md"));
    await page.getByRole("heading", { name: "Findings" }).waitFor();
    await page.getByRole("cell", { name: "2" }).waitFor();
  });

  it("that are HTML are shown in a frame that runs nothing", async () => {
    const page = await visit(file("page.html"));
    const frame = page.frameLocator("iframe");
    await frame.getByRole("heading", { name: "Shown" }).waitFor();
    expect(await page.locator("iframe").getAttribute("sandbox")).toBe("");
    expect(await page.title()).not.toBe("ran");
    await page.getByText("Text", { exact: true }).click();
    await page.getByRole("region", { name: "Text" }).getByText("<h1>Shown</h1>").waitFor();
  });

  it("that are large are not loaded whole, and say how large they are", async () => {
    const page = await visit(file("large.log"));
    await page.getByText("The first 500 kB of 1.6 MB.").waitFor();
    const text = await page.getByRole("region", { name: "Text" }).locator("pre").textContent();
    expect(text).toHaveLength(500_000);
  });

  it("are text without an ending, nothing at all, or bytes that nobody reads", async () => {
    const page = await visit(file("README"));
    await page.getByRole("region", { name: "Text" }).getByText("text without an ending").waitFor();
    await page.getByRole("treeitem", { name: "empty.txt" }).click();
    await page.getByRole("heading", { name: "An empty file" }).waitFor();
    await page.getByRole("treeitem", { name: "weights.bin" }).click();
    await page.getByRole("heading", { name: "No preview" }).waitFor();
    await page.goto(`${server.url}${file("gone.txt")}`);
    await page.getByRole("heading", { name: "There is no such artifact" }).waitFor();
  });

  it("are downloaded, a file as it is and a folder as an archive", async () => {
    const page = await visit(file("notes.txt"));
    const download = async (name: string) => {
      const begun = page.waitForEvent("download");
      await page.getByRole("link", { name, exact: true }).click();
      return begun;
    };
    const notes = await download("Download");
    expect(notes.suggestedFilename()).toBe("notes.txt");
    expect((await bytesOf(notes)).toString()).toBe("first line\nsecond line\n");
    await page.getByRole("treeitem", { name: "deep", exact: true }).click();
    const folder = await download("Download as ZIP");
    expect(folder.suggestedFilename()).toBe("deep.zip");
    const zip = (await bytesOf(folder)).toString("latin1");
    expect(zip.startsWith("PK")).toBe(true);
    expect(zip).toContain("deep/deeper/deepest/end.txt");
  });

  it("that are kept elsewhere are not looked for, and the page says where they are", async () => {
    const page = await visit(at("kept elsewhere", "?tab=artifacts"));
    await page.getByRole("heading", { name: "These artifacts are kept elsewhere" }).waitFor();
    await page.getByText(/^s3:\/\/bucket\/elsewhere\//).waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
  });
});

describe("a logged model", () => {
  it("has a card with its flavors, its signature, how it is loaded, and a way to register it", async () => {
    const page = await visit(at("full", "?tab=models"), clipboard);
    const card = page.getByRole("region", { name: "classifier" });
    await card.getByText("tensor(float64, −1 × 2)").waitFor();
    await card.getByText("sklearn", { exact: true }).waitFor();
    const created = card
      .getByText("Created", { exact: true })
      .locator("xpath=following-sibling::dd")
      .locator("time");
    const time = new Date((await created.getAttribute("datetime")) ?? "");
    expect(Math.abs(Date.now() - time.getTime())).toBeLessThan(3_600_000);
    // The browser of these tests is in Rome.
    expect(await created.textContent()).toContain(
      time.toLocaleTimeString("en-GB", { timeZone: "Europe/Rome" }),
    );
    expect(await accessibilityOf(page)).toEqual([]);
    await card.getByRole("button", { name: "Copy the Python code: As sklearn" }).click();
    await eventually(() => copied(page)).toContain(
      `mlflow.sklearn.load_model("runs:/${ids.full}/classifier")`,
    );
    expect(await card.getByRole("link", { name: "Register this model" }).getAttribute("href")).toBe(
      `/default/-/ml/models/new?run=${ids.full}&path=classifier`,
    );
    await card.getByRole("link", { name: "Files" }).click();
    await page.getByRole("treeitem", { name: "classifier" }).waitFor();
    await page.getByRole("region", { name: "classifier" }).getByText("tensor(float64, −1 × 2)").waitFor();
  });

  it("of MLflow 3 has one too, and its own files", async () => {
    const page = await visit(`/default/-/ml/candidates/${newer.run}?tab=models`);
    const card = page.getByRole("region", { name: "doubling" });
    expect(await card.getByRole("row", { name: /^label/ }).textContent()).toBe("labelstring optional");
    await card.getByText("Ready").waitFor();
    const loss = card
      .getByRole("table", { name: "Metrics of the model" })
      .getByRole("row", { name: /^loss/ });
    expect(await loss.textContent()).toBe("loss0.3");
    await loss.locator('[title="0.30000000000000004"]').waitFor();
    const factor = card.getByRole("table", { name: "Parameters of the model" }).getByRole("row").last();
    expect(await factor.textContent()).toBe("factor2");
    await card.getByText(`models:/${newer.model}`, { exact: true }).waitFor();
    await card.getByRole("link", { name: "Files" }).click();
    await page.getByRole("treeitem", { name: "MLmodel" }).click();
    await page.getByRole("region", { name: "Text" }).getByText("python_function").waitFor();
    const begun = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download", exact: true }).click();
    expect((await bytesOf(await begun)).toString()).toContain("python_function");
  });
});

describe("on a phone", () => {
  it("nothing is wider than the screen", async () => {
    for (const search of ["", "?tab=models", "?tab=artifacts&path=table.csv"]) {
      const page = await visit(at("full", search), { viewport: { width: 360, height: 760 } });
      await page.getByRole("heading", { name: "full", exact: true }).waitFor();
      await page.waitForLoadState("networkidle");
      const main = page.locator("#main");
      expect(await main.evaluate((main) => main.scrollWidth - main.clientWidth)).toBe(0);
    }
  });
});
