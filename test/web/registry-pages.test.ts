import { describe, expect, it } from "vitest";
import { accessibilityOf, eventually, loggiaPages, overhang } from "./loggia-pages.ts";

const { ids, server, visit } = await loggiaPages({ seeded: "seed_registry.py" });
const models = "/default/-/ml/models";
const project = server.at(1n);

/** What a client of the registry is answered. */
async function versionOf(name: string, version: string) {
  const query = new URLSearchParams({ name, version });
  return (await project.rest("GET", `model-versions/get?${query}`)).body.model_version;
}

describe("the list of registered models", () => {
  it("has each with its latest version, its stages and its tags", async () => {
    const page = await visit(models);
    const row = page.getByRole("row", { name: /^ripeness/ });
    await row.waitFor();
    expect((await row.getByRole("cell").allTextContents()).slice(0, 3)).toEqual([
      "ripenessteamfruit",
      "Version 2",
      "1Production",
    ]);
    expect(await accessibilityOf(page)).toEqual([]);
  });

  it("finds models by a part of the name that is taken literally, and sorts them on the server", async () => {
    const page = await visit(models);
    const names = () => page.locator("tbody td:first-child > a").allInnerTexts();
    await page.getByLabel("Find a model").fill("100%");
    await eventually(names).toEqual(["100% sweet"]);
    await page.getByLabel("Find a model").fill("TO ");
    await page.getByRole("button", { name: "Name" }).click();
    await eventually(names).toEqual(["to change", "to delete", "to move"]);
    await page.getByRole("button", { name: "Name" }).click();
    await eventually(names).toEqual(["to move", "to delete", "to change"]);
    await page.reload();
    await eventually(names).toEqual(["to move", "to delete", "to change"]);
    await page.getByLabel("Find a model").fill('"nothing" \\');
    await page.getByRole("heading", { name: "No model has this name" }).waitFor();
  });

  it("gets a new model by the keyboard alone, which opens without versions", async () => {
    const page = await visit(models);
    await page.getByRole("button", { name: "New model" }).waitFor();
    await page.keyboard.press("c");
    await page.keyboard.type("pips");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "pips" }).waitFor();
    await page.getByRole("heading", { name: "No versions yet" }).waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
  });

  it("says in the dialog that a name is taken", async () => {
    const page = await visit(models, { expected: ["createRegisteredModel 409"] });
    await page.getByRole("button", { name: "New model" }).click();
    await page.getByLabel("Name", { exact: true }).fill("ripeness");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByText(/Registered Model \(name=ripeness\) already exists/).waitFor();
  });
});

describe("the page of a registered model", () => {
  it("has its description in Markdown and its versions, each with the candidate that it came from", async () => {
    const page = await visit(`${models}/ripeness`);
    await page.getByRole("region", { name: "Description" }).locator("em", { hasText: "ripe" }).waitFor();
    const row = page.getByRole("row", { name: /^Version 1/ });
    const link = row.getByRole("link", { name: "apple" });
    expect(await link.getAttribute("href")).toMatch(/^\/default\/-\/ml\/candidates\/\d+$/);
    expect(await page.getByRole("row").count()).toBe(3);
    expect(await accessibilityOf(page)).toEqual([]);
  });

  it("moves a version to a stage and archives the one that was there, or leaves it", async () => {
    const page = await visit(`${models}/to%20move`);
    const move = async (version: number, stage: string, archives: boolean) => {
      await page.getByRole("button", { name: `Actions for version ${version}` }).click();
      await page.getByRole("menuitem", { name: "Change the stage …" }).click();
      await page.getByRole("radio", { name: stage }).check({ force: true });
      await page.getByRole("checkbox").setChecked(archives);
      if (!archives) expect(await accessibilityOf(page)).toEqual([]);
      await page.getByRole("button", { name: "Change stage" }).click();
      await page.getByRole("row", { name: new RegExp(`^Version ${version} ${stage}`) }).waitFor();
    };
    await move(2, "Production", true);
    await page.getByRole("row", { name: /^Version 1 Archived/ }).waitFor();
    await move(1, "Production", false);
    expect(await versionOf("to move", "2")).toMatchObject({ current_stage: "Production" });
  });

  it("describes it, tags it and gives it another name, at which it then is", async () => {
    const page = await visit(`${models}/to%20change`);
    const act = async (item: string) => {
      await page.getByRole("button", { name: "Actions for this model" }).click();
      await page.getByRole("menuitem", { name: item }).click();
    };
    await act("Describe …");
    await page.getByLabel("Markdown").fill("What **changes**.");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("region", { name: "Description" }).locator("strong").waitFor();
    await act("Edit the tags …");
    await page.getByLabel("Key", { exact: true }).fill("season");
    await page.getByLabel("Value", { exact: true }).fill("late");
    await page.getByRole("button", { name: "Set" }).click();
    await page.getByRole("button", { name: "Delete the tag season" }).waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await act("Rename …");
    await page.getByLabel("Name", { exact: true }).fill("changed");
    await page.getByRole("button", { name: "Rename", exact: true }).click();
    await page.waitForURL(`**${models}/changed`);
    await page.getByRole("heading", { name: "changed" }).waitFor();
    await page.getByTitle("season: late").waitFor();
  });

  it("deletes a version, then the model once its name has been typed", async () => {
    const page = await visit(`${models}/to%20delete`);
    await page.getByRole("button", { name: "Actions for version 2" }).click();
    await page.getByRole("menuitem", { name: "Delete …" }).click();
    await page.getByRole("button", { name: "Delete version" }).click();
    await page.getByRole("row", { name: /^Version 2/ }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Actions for this model" }).click();
    await page.getByRole("menuitem", { name: "Delete …" }).click();
    const confirm = page.getByRole("button", { name: "Delete model" });
    await page.getByLabel("Type to delete to confirm").fill("to delet");
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel("Type to delete to confirm").fill("to delete");
    await confirm.click();
    await page.waitForURL(`**${models}`);
    await page.getByRole("row", { name: /^ripeness/ }).waitFor();
    expect(await page.getByRole("row", { name: /^to delete/ }).count()).toBe(0);
  });

  it("opens a model with a slash in its name", async () => {
    const page = await visit(models);
    await page.getByRole("link", { name: "sorts/fruit" }).click();
    await page.getByRole("heading", { name: "sorts/fruit" }).waitFor();
    await page.getByRole("link", { name: "Version 2" }).click();
    await page.getByRole("heading", { name: "Version 2" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Version 2" }).waitFor();
  });

  it("says so when there is no such model", async () => {
    const page = await visit(`${models}/nobody`, {
      expected: ["getRegisteredModel 404"],
    });
    await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
  });
});

describe("the page of a version", () => {
  it("has the lines that load it, by its number, its stage or an alias, to copy", async () => {
    const page = await visit(`${models}/ripeness/versions/1`, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await page.getByRole("button", { name: "Actions for this version" }).click();
    await page.getByRole("menuitem", { name: "Edit the aliases …" }).click();
    await page.getByLabel("Alias", { exact: true }).fill("@champion");
    await page.getByRole("button", { name: "Set" }).click();
    await page.getByRole("button", { name: "Delete the alias champion" }).waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
    await page.getByRole("button", { name: "Done" }).click();
    const loaded = async (way: string) => {
      await page.getByRole("radio", { name: way }).check({ force: true });
      await page.getByRole("button", { name: /^(Copy the Python code|Copied)$/ }).click();
      const text = String(await page.evaluate("navigator.clipboard.readText()"));
      return /load_model\((.*)\)/.exec(text)?.[1];
    };
    expect(await loaded("@champion")).toBe('"models:/ripeness@champion"');
    expect(await loaded("Production")).toBe('"models:/ripeness/Production"');
    expect(await loaded("Version 1")).toBe('"models:/ripeness/1"');
    expect(await versionOf("ripeness", "1")).toMatchObject({ aliases: ["champion"] });
    await page.getByRole("button", { name: "Actions for this version" }).click();
    await page.getByRole("menuitem", { name: "Edit the aliases …" }).click();
    await page.getByRole("button", { name: "Delete the alias champion" }).click();
    await page.getByText("No aliases yet.").waitFor();
  });
});

describe("registering what a candidate logged", () => {
  const register = `${models}/new?run=${ids.apple}&path=model`;

  it("makes a new model with a first version of it, and opens that", async () => {
    const page = await visit(register, { expected: ["getRegisteredModel 404"] });
    const dialog = page.getByRole("dialog", { name: "Register a model" });
    await dialog.getByText("of apple").waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
    await dialog.getByLabel("Model", { exact: true }).fill("fresh");
    await dialog.getByLabel("Description of the version").fill("The first.");
    await dialog.getByRole("button", { name: "Register" }).click();
    await page.waitForURL(`**${models}/fresh/versions/1`);
    await page.getByRole("link", { name: "apple" }).waitFor();
    expect(await versionOf("fresh", "1")).toMatchObject({
      source: `${ids["apple artifacts"]}/model`,
      run_id: ids.apple,
      description: "The first.",
    });
  });

  it("makes the next version of a model that there is, which is offered by name", async () => {
    const page = await visit(register);
    await page.getByLabel("Model", { exact: true }).fill("ripeness");
    await page.getByText("It gets a new version.").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(`**${models}/ripeness/versions/3`);
  });

  it("says so when the candidate is gone", async () => {
    const page = await visit(`${models}/new?run=${"0".repeat(32)}&path=model`, {
      expected: ["GetCandidate 404"],
    });
    await page.getByText("There is no such candidate any more.").waitFor();
    await page.getByLabel("Model", { exact: true }).fill("fresh");
    expect(await page.getByRole("button", { name: "Register" }).isDisabled()).toBe(true);
  });
});

describe("hostile names, tags, descriptions and sources", () => {
  it("run nothing in the list, on the model's page, on the version's and in its dialogs", async () => {
    const page = await visit(models);
    const untouched = async () => {
      expect(await page.evaluate("document.documentElement.dataset.attacked")).toBeUndefined();
      expect(await page.locator('img[src="x"], script:not([src]), a[href^="javascript:" i]').count()).toBe(0);
    };
    await page.getByTitle(/^note: <img/).waitFor();
    await untouched();
    await page.getByRole("link", { name: /^hostile <img/ }).click();
    await page.getByRole("heading", { name: /^hostile <img/ }).waitFor();
    await page.getByRole("region", { name: "Description" }).getByText("click").waitFor();
    await untouched();
    await page.getByRole("button", { name: "Actions for this model" }).click();
    await page.getByRole("menuitem", { name: "Delete …" }).click();
    await page.getByRole("dialog").getByText("There is no way back.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Version 1" }).click();
    await page.getByText("javascript:<img").waitFor();
    await page.getByRole("region", { name: "Description" }).getByText("click").waitFor();
    await untouched();
  });
});

it("fits a phone, in light and in dark", async () => {
  for (const colorScheme of ["light", "dark"] as const)
    for (const address of [models, `${models}/ripeness`, `${models}/ripeness/versions/1`]) {
      const page = await visit(address, { viewport: { width: 360, height: 760 }, colorScheme });
      await page.getByText("Production").first().waitFor();
      expect(await overhang(page)).toBe(0);
      expect(await accessibilityOf(page)).toEqual([]);
    }
});
