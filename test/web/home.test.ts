import { describe, expect, it } from "vitest";
import { accessibilityOf, eventually, loggiaPages, overhang } from "./loggia-pages.ts";

const { ids, visit } = await loggiaPages();
const experiments = "/default/-/ml/experiments";

describe("the list of projects", () => {
  it("leads to the experiments of a project, and tells what to paste to log to it", async () => {
    const page = await visit("/");
    const uri = page.getByLabel("the settings", { exact: true });
    await uri
      .getByText(
        /^export MLFLOW_TRACKING_URI=http:\/\/127\.0\.0\.1:\d+\/api\/v4\/projects\/default\/ml\/mlflow$/,
      )
      .waitFor();
    expect(await page.getByLabel("the Python code", { exact: true }).textContent()).toContain(
      "mlflow.log_metric",
    );
    expect(await accessibilityOf(page)).toEqual([]);
    await page.getByRole("link", { name: /^default/ }).click();
    await page.waitForURL(`**${experiments}`);
    await page.getByRole("heading", { name: "Experiments" }).waitFor();
  });

  it("copies what is to be pasted", async () => {
    const page = await visit("/", { permissions: ["clipboard-read", "clipboard-write"] });
    await page.getByRole("button", { name: "Copy the settings" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toMatch(/^export MLFLOW_TRACKING_URI=http/);
  });

  it("goes from light to dark and keeps it", async () => {
    const page = await visit("/", { colorScheme: "light" });
    const ground = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    expect(await ground()).toBe("rgb(252, 252, 251)");
    await page.getByRole("button", { name: "Light or dark: as the system" }).click();
    await page.getByRole("button", { name: "Light or dark: light" }).click();
    await page.getByRole("button", { name: "Light or dark: dark" }).waitFor();
    expect(await ground()).toBe("rgb(18, 19, 21)");
    await page.reload();
    await eventually(ground).toBe("rgb(18, 19, 21)");
    expect(await accessibilityOf(page)).toEqual([]);
  });
});

describe("the links that MLflow's clients print", () => {
  const link = `#/experiments/1/runs/${ids.apple}`;

  it.each(["/", "/api/v4/projects/1/ml/mlflow/", "/api/v4/projects/default/ml/mlflow/"])(
    "lead to the candidate, also below %s",
    async (uri) => {
      const page = await visit(`${uri}${link}`);
      await page.getByRole("heading", { name: "apple", exact: true }).waitFor();
    },
  );

  it("lead there from a page that is open already", async () => {
    const page = await visit("/");
    await page.getByRole("link", { name: /^default/ }).waitFor();
    await page.evaluate(`location.hash = "${link}"`);
    await page.waitForURL(`**/default/-/ml/candidates/${ids.apple}`);
    await page.getByRole("heading", { name: "apple", exact: true }).waitFor();
  });
});

describe("the list of experiments", () => {
  it("has each with its tags and how many candidates it has", async () => {
    const page = await visit(experiments);
    const row = page.getByRole("row", { name: /^orchard/ });
    await row.waitFor();
    expect((await row.getByRole("cell").allTextContents()).slice(0, 2)).toEqual(["orchardteamfruit", "9"]);
    expect(await accessibilityOf(page)).toEqual([]);
  });

  it("finds some by a part of the name, sorts them, and an address holds both", async () => {
    const page = await visit(experiments);
    await page.getByLabel("Find an experiment").fill("TO D");
    const names = () => page.locator("tbody td:first-child a").allInnerTexts();
    await page.getByRole("button", { name: "Name" }).click();
    await eventually(names).toEqual(["to delete", "to describe"]);
    await page.getByRole("button", { name: "Name" }).click();
    await eventually(names).toEqual(["to describe", "to delete"]);
    await page.reload();
    await eventually(names).toEqual(["to describe", "to delete"]);
    expect(await page.getByLabel("Find an experiment").inputValue()).toBe("TO D");
  });

  it("gets a new experiment, which opens empty and says how to log to it", async () => {
    const page = await visit(experiments);
    await page.getByRole("button", { name: "New experiment" }).click();
    await page.getByLabel("Name", { exact: true }).fill("berries 🍓");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "berries 🍓" }).waitFor();
    await page.getByText("No candidates yet").waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
  });

  it("says in the dialog that a name is taken", async () => {
    const page = await visit(experiments, { expected: ["createExperiment 409"] });
    await page.getByRole("button", { name: "New experiment" }).waitFor();
    await page.keyboard.press("c");
    await page.getByLabel("Name", { exact: true }).fill("orchard");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByText("Experiment(name=orchard) already exists.").waitFor();
  });

  it("renames one, deletes it, takes that back, and restores it from the trash", async () => {
    const page = await visit(experiments);
    await page.getByRole("button", { name: "Actions for to rename" }).click();
    await page.getByRole("menuitem", { name: "Rename …" }).click();
    await page.getByLabel("Name", { exact: true }).fill("renamed");
    await page.getByRole("button", { name: "Rename", exact: true }).click();
    const row = page.getByRole("row", { name: /^renamed/ });
    await row.waitFor();
    const remove = async () => {
      await page.getByRole("button", { name: "Actions for renamed" }).click();
      await page.getByRole("menuitem", { name: "Delete" }).click();
      await row.waitFor({ state: "detached" });
    };
    await remove();
    await page.getByRole("button", { name: "Undo" }).click();
    await row.waitFor();
    await remove();
    await page.getByText("Trash", { exact: true }).click();
    await row.waitFor();
    await page.getByRole("button", { name: "Actions for renamed" }).click();
    await page.getByRole("menuitem", { name: "Restore" }).click();
    await row.waitFor({ state: "detached" });
    await page.getByText("Active", { exact: true }).click();
    await row.waitFor();
  });

  it("says so when there is no such project", async () => {
    const page = await visit("/nobody/here/-/ml/experiments", { expected: ["ListExperiments 404"] });
    await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
    expect(ids.orchard).toMatch(/^\d+$/);
  });
});

describe("the list of experiments on a phone", () => {
  it("has a card for each, which says what its numbers are, and nothing is cut off", async () => {
    const page = await visit(experiments, { viewport: { width: 360, height: 760 } });
    const row = page.getByRole("row", { name: /^orchard/ });
    await row.waitFor();
    expect(await overhang(page)).toBe(0);
    expect(await row.getByRole("cell", { name: "9 candidates" }).count()).toBe(1);
    await row.getByRole("button", { name: "Actions for orchard" }).click();
    await page.getByRole("menuitem", { name: "Rename …" }).waitFor();
    await page.keyboard.press("Escape");
    expect(await accessibilityOf(page)).toEqual([]);
  });

  it("is sorted by the heads that stay above the cards", async () => {
    const page = await visit(experiments, { viewport: { width: 360, height: 760 } });
    await page.getByLabel("Find an experiment").fill("to d");
    const names = () => page.locator("tbody td:first-child a").allInnerTexts();
    await page.getByRole("button", { name: "Name" }).click();
    await eventually(names).toEqual(["to delete", "to describe"]);
    await page.getByRole("button", { name: "Name" }).click();
    await eventually(names).toEqual(["to describe", "to delete"]);
    const head = page.getByRole("columnheader", { name: "Name" });
    expect(await head.getAttribute("aria-sort")).toBe("descending");
  });
});

describe("the shell", () => {
  it("says that the server is gone, and that what stands there is what it said last", async () => {
    const page = await visit(experiments);
    await page.getByRole("row", { name: /^orchard/ }).waitFor();
    await page.context().setOffline(true);
    await page.getByText("Trash", { exact: true }).click();
    await page.getByText("The server cannot be reached. What you see").waitFor();
    await page.context().setOffline(false);
    await page.getByRole("button", { name: "Try now" }).click();
    await page.getByText("The server cannot be reached. What you see").waitFor({ state: "detached" });
  });

  it("has the shortcuts of the page on a sheet that ? opens and Escape closes", async () => {
    const page = await visit(experiments);
    await page.getByRole("row", { name: /^orchard/ }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).getByText("New experiment").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });
});
