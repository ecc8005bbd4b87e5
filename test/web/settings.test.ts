import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { connectCi } from "../../src/ci/connection.ts";
import { person } from "../support/person.ts";
import { accessibilityOf, eventually, loggiaPages, overhang, signInAt } from "./loggia-pages.ts";

const gitlab = "https://gitlab.example.org";
const pages = await loggiaPages({
  open: false,
  seeded: false,
  ci: connectCi({
    publicUrl: "https://mlflow.example.org",
    gitlabUrl: gitlab,
    issuers: ["https://token.actions.githubusercontent.com"],
    tokenLifetime: 3_600_000,
  }),
});
const { server } = pages;
const attack = "<img src=x onerror=\"document.documentElement.dataset.attacked='yes'\">";

/** The settings of a project of the test's own, as someone new with a role in it sees them. */
async function settingsOf(role: Role, section = "") {
  const project = await server.project();
  const someone = await person(server.db, { projects: [[project.id, role]] });
  const address = `/${project.id}/-/ml/settings${section === "" ? "" : `/${section}`}`;
  return { project, ...someone, page: await signInAt(pages, someone.token, address) };
}

type Role = "guest" | "developer" | "maintainer" | "owner";

const confirm = (page: Page, name: string) => page.getByRole("dialog").getByRole("button", { name }).click();

describe("who has a lesser role", () => {
  it("is told which sections are for others, and sends no call that is refused", async () => {
    const { page } = await settingsOf("developer");
    expect(await page.getByLabel("Name", { exact: true }).isDisabled()).toBe(true);
    expect(await page.getByRole("button", { name: "Save" }).count()).toBe(0);
    const nav = page.getByRole("navigation", { name: "Settings" });
    for (const [section, title] of [
      ["Members", "Members are for owners alone"],
      ["Tokens", "Tokens are for owners alone"],
      ["CI", "The CI setup is for maintainers alone"],
      ["Audit log", "The audit log is for owners alone"],
    ] as const) {
      await nav.getByRole("link", { name: section }).click();
      await page.getByRole("heading", { name: title }).waitFor();
    }
    expect(await accessibilityOf(page)).toEqual([]);
    await nav.getByRole("link", { name: "Usage and limits" }).click();
    await page.getByRole("region", { name: "Usage" }).getByText("Candidates").waitFor();
    expect(await page.getByRole("button", { name: /Save|Purge/ }).count()).toBe(0);
  });

  it("sees nothing of a project that they are not in", async () => {
    const other = await server.project();
    const { token } = await person(server.db, {});
    const page = await signInAt(pages, token, `/${other.id}/-/ml/settings`);
    await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
  });
});

describe("members", () => {
  it("are added, get another role, and are removed", async () => {
    const { page, project, token } = await settingsOf("owner", "members");
    const members = async () => {
      const answer = await project.rest("GET", "/api/1.0/loggia/members/list", undefined, { token });
      return answer.body.members.map(({ username, role }: Record<string, string>) => `${username} ${role}`);
    };
    await page.getByLabel("Username").fill("grace.hopper");
    await page.getByLabel("Role", { exact: true }).selectOption("maintainer");
    await page.getByRole("button", { name: "Add member" }).click();
    const role = page.getByLabel("Role of grace.hopper");
    await role.waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
    expect(await members()).toContain("grace.hopper maintainer");
    await role.selectOption("guest");
    await page.getByText("grace.hopper is now guest.").waitFor();
    expect(await members()).toContain("grace.hopper guest");
    await page.getByRole("button", { name: "Remove grace.hopper" }).click();
    await confirm(page, "Remove member");
    await role.waitFor({ state: "detached" });
    expect(await members()).toHaveLength(1);
  });

  it("say why a name is no username, and why the last owner stays one", async () => {
    const project = await server.project();
    const { token, username } = await person(server.db, { projects: [[project.id, "owner"]] });
    const page = await pages.visit(`/-/sign-in?return_to=/${project.id}/-/ml/settings/members`, {
      expected: ["SetMember 400", "SetMember 409", "RemoveMember 400", "RemoveMember 409"],
    });
    await page.getByLabel("Token").fill(token);
    await page.keyboard.press("Enter");
    await page.getByLabel("Username").fill(attack);
    await page.getByRole("button", { name: "Add member" }).click();
    await page.getByText(/'username'/).waitFor();
    await page.getByRole("button", { name: `Remove ${username}` }).click();
    await confirm(page, "Remove member");
    await page.getByRole("alert").filter({ hasText: /owner/ }).waitFor();
    expect(await page.evaluate("document.documentElement.dataset.attacked")).toBeUndefined();
  });
});

describe("tokens", () => {
  it("are made with role, scopes and end, and are good for signing in until they are revoked", async () => {
    const { page, project } = await settingsOf("owner", "tokens");
    await page.getByRole("heading", { name: "No tokens yet" }).waitFor();
    await page.getByRole("button", { name: "New token" }).click();
    const dialog = page.getByRole("dialog", { name: "New token" });
    await dialog.getByLabel("Name").fill("nightly");
    await dialog.getByLabel("Role").selectOption("reporter");
    await dialog.getByLabel("Lifetime").selectOption("7");
    await dialog.getByLabel("api", { exact: true }).uncheck();
    await dialog.getByLabel("read_api").check();
    expect(await accessibilityOf(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Create token" }).click();
    const secret = (await page.getByRole("region", { name: "the token" }).textContent()) ?? "";
    expect(await accessibilityOf(page)).toEqual([]);
    await page.getByRole("button", { name: "I have copied it" }).click();
    expect(await page.getByText(secret).count()).toBe(0);
    const row = page.getByRole("row", { name: /^nightly/ });
    expect(await row.textContent()).toMatch(/reporterread_api.*Neverin 7 days/);
    const asked = await project.rest("GET", "experiments/list", undefined, { token: secret });
    expect(asked.status).toBe(200);
    const other = await signInAt(pages, secret, `/${project.id}/-/ml/experiments`);
    await other.getByRole("link", { name: "Default" }).waitFor();
    expect(await other.getByRole("button", { name: "New experiment" }).count()).toBe(0);
    await page.getByRole("button", { name: "Actions for nightly" }).click();
    await page.getByRole("menuitem", { name: "Revoke …" }).click();
    await confirm(page, "Revoke token");
    await row.waitFor({ state: "detached" });
    expect((await project.rest("GET", "experiments/list", undefined, { token: secret })).status).toBe(401);
    await page.getByLabel("With ended ones").check();
    await page.getByRole("row", { name: /^nightly.*Revoked/ }).waitFor();
  });

  it("are rotated: the old one ends and another is shown", async () => {
    const { page, project, token } = await settingsOf("owner", "tokens");
    const { body } = await project.rest(
      "POST",
      "/api/1.0/loggia/tokens/create",
      { name: "old", role: "developer" },
      { token },
    );
    await page.reload();
    await page.getByRole("button", { name: "Actions for old" }).click();
    await page.getByRole("menuitem", { name: "Rotate …" }).click();
    await confirm(page, "Rotate token");
    const secret = (await page.getByRole("region", { name: "the token" }).textContent()) ?? "";
    const status = async (held: string) =>
      (await project.rest("GET", "experiments/list", undefined, { token: held })).status;
    expect(await status(secret)).toBe(200);
    expect(await status(body.secret)).toBe(401);
  });

  it("run nothing by their names", async () => {
    const { page, project, token } = await settingsOf("owner", "tokens");
    await project.rest("POST", "/api/1.0/loggia/tokens/create", { name: attack, role: "guest" }, { token });
    await page.reload();
    await page.getByRole("button", { name: /^Actions for <img/ }).click();
    await page.getByRole("menuitem", { name: "Revoke …" }).click();
    await page.getByRole("heading", { name: /^Revoke <img/ }).waitFor();
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(await page.evaluate("document.documentElement.dataset.attacked")).toBeUndefined();
  });
});

describe("the project itself", () => {
  it("is described, archived, unarchived, and deleted once its path has been typed", async () => {
    const { page, project, token } = await settingsOf("owner");
    await page.getByLabel("Description").fill(attack);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    await page.getByRole("button", { name: "Archive …" }).click();
    await confirm(page, "Archive project");
    const write = async () =>
      (await project.rest("POST", "experiments/create", { name: `at ${Date.now()}` }, { token })).status;
    await page.getByRole("heading", { name: "This project is archived" }).waitFor();
    expect(await write()).toBe(403);
    await page.getByRole("button", { name: "Unarchive" }).click();
    await page.getByRole("button", { name: "Archive …" }).waitFor();
    expect(await write()).toBe(200);
    expect(await accessibilityOf(page)).toEqual([]);
    const { body } = await project.rest("GET", "/api/1.0/loggia/projects/get", undefined, { token });
    await page.getByRole("button", { name: "Delete …" }).click();
    expect(await page.getByRole("button", { name: "Delete project" }).isDisabled()).toBe(true);
    await page.getByLabel(/^Type .* to confirm$/).fill(body.project.path);
    await page.getByRole("button", { name: "Delete project" }).click();
    await page.getByRole("heading", { name: "You are in no project yet" }).waitFor();
    expect(await page.evaluate("document.documentElement.dataset.attacked")).toBeUndefined();
  });

  it("keeps what is deleted for so many days, and purges it when told to", async () => {
    const { page, project, token } = await settingsOf("maintainer", "usage");
    const run = await project.rest("POST", "runs/create", { experiment_id: "0" }, { token });
    await project.rest("POST", "runs/delete", { run_id: run.body.run.info.run_id }, { token });
    await page.getByLabel("Days until").fill("14");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Saved.").waitFor();
    const { body } = await project.rest("GET", "/api/1.0/loggia/usage", undefined, { token });
    expect(body).toMatchObject({ retention_days: 14, runs: 1 });
    await page.reload();
    await page.getByText("1 of them deleted").waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
    await page.getByRole("button", { name: "Purge now …" }).click();
    await page.getByLabel("Type purge to confirm").fill("purge");
    await confirm(page, "Purge");
    await page.getByText(/^Purged 1 candidate and/).waitFor();
  });

  it("has quotas that administrators of the server set, beside what is used of them", async () => {
    const project = await server.project();
    const admin = await person(server.db, { isAdmin: true });
    const page = await signInAt(pages, admin.token, `/${project.id}/-/ml/settings/usage`);
    await page.getByRole("textbox", { name: "Candidates" }).fill("500");
    await page.getByRole("button", { name: "Save quotas" }).click();
    await page.getByText("of 500").waitFor();
    await page.getByRole("textbox", { name: "Candidates" }).fill("");
    await page.getByRole("button", { name: "Save quotas" }).click();
    await page.getByText("of 500").waitFor({ state: "detached" });
  });
});

describe("CI", () => {
  it("tells a job what it needs, trusts jobs by their claims, and makes a secret for job events", async () => {
    const { page, project, token } = await settingsOf("owner", "ci");
    expect(await page.getByRole("region", { name: "the GitLab job" }).textContent()).toContain(
      "aud: https://mlflow.example.org",
    );
    await page.getByRole("button", { name: "New trust" }).click();
    await page.getByLabel("Issuer of the id-tokens").selectOption(gitlab);
    await page.getByLabel("Conditions").fill("project_id = 20, 21\nref_protected = true");
    expect(await accessibilityOf(page)).toEqual([]);
    await page.getByRole("button", { name: "Create trust" }).click();
    await page.getByText("project_id = 20 or 21").waitFor();
    const trusts = await project.rest("GET", "/api/1.0/loggia/ci/list-trusts", undefined, { token });
    expect(trusts.body.trusts).toMatchObject([
      {
        issuer: gitlab,
        role: "developer",
        conditions: [{ claim: "project_id", patterns: ["20", "21"] }, {}],
      },
    ]);
    await page.getByRole("button", { name: "Edit the trust" }).click();
    await page.getByLabel("Role").selectOption("maintainer");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("cell", { name: "maintainer" }).waitFor();
    await page.getByRole("button", { name: "Delete the trust" }).click();
    await confirm(page, "Delete trust");
    await page.getByText("project_id = 20 or 21").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Make a secret" }).click();
    expect(await page.getByRole("region", { name: "the secret" }).textContent()).toMatch(/\S{20,}/);
    await page.getByRole("button", { name: "I have copied it" }).click();
    await page.getByRole("button", { name: "New secret …" }).waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
  });
});

describe("the audit log", () => {
  it("is filtered by who and what, which the address holds, and downloaded as NDJSON as filtered", async () => {
    const { page, project, token } = await settingsOf("owner", "audit");
    for (const role of ["guest", "developer"])
      await project.rest("POST", "/api/1.0/loggia/members/set", { username: "linus", role }, { token });
    await project.rest("POST", "/api/1.0/loggia/tokens/create", { name: attack, role: "guest" }, { token });
    const { body } = await project.rest("POST", "experiments/create", { name: "brief" }, { token });
    const experiment = body.experiment_id;
    await project.rest("POST", "experiments/delete", { experiment_id: experiment }, { token });
    await page.reload();
    const made = page.getByRole("row", { name: /token\.create/ });
    await made.getByText(/^expires \d{1,2} \w{3,4} \d{4}, \d\d:\d\d:\d\d$/).waitFor();
    const end = made.locator("time").last();
    await end.hover();
    await eventually(() => end.getAttribute("title")).toMatch(/GMT\+[12]|CES?T/);
    await page.getByRole("cell", { name: `experiment ${experiment}`, exact: true }).waitFor();
    await page.getByLabel("Action").fill("member.*");
    await page.getByRole("row", { name: /token\.create/ }).waitFor({ state: "detached" });
    expect(await page.getByRole("row", { name: /member\.set/ }).count()).toBe(2);
    expect(await accessibilityOf(page)).toEqual([]);
    await page.reload();
    await page
      .getByRole("row", { name: /member\.set/ })
      .first()
      .waitFor();
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export NDJSON" }).click();
    const download = await downloading;
    const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).action)).toEqual(["member.set", "member.set"]);
    await page.getByLabel("Who").fill("nobody");
    await page.getByRole("heading", { name: "Nothing was done" }).waitFor();
    expect(await page.evaluate("document.documentElement.dataset.attacked")).toBeUndefined();
  });
});

describe("the administration of the server", () => {
  it("makes a user with a token, blocks them, and makes a project", async () => {
    const admin = await person(server.db, { isAdmin: true });
    const page = await signInAt(pages, admin.token, "/-/admin");
    await page.getByRole("button", { name: "New user" }).click();
    await page.getByLabel("Username").fill("ada");
    await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
    await page.getByRole("button", { name: "Create user" }).click();
    await page.getByRole("row", { name: /^ada/ }).waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
    await page.getByRole("button", { name: "Actions for ada" }).click();
    await page.getByRole("menuitem", { name: "Tokens" }).click();
    await page.getByRole("button", { name: "New token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("first");
    await page.getByLabel("Lifetime").selectOption("never");
    await page.getByRole("button", { name: "Create token" }).click();
    const secret = (await page.getByRole("region", { name: "the token" }).textContent()) ?? "";
    await page.getByRole("button", { name: "I have copied it" }).click();
    const hers = await signInAt(pages, secret, "/-/profile");
    await hers.getByRole("heading", { name: "ada" }).waitFor();
    await page.getByRole("link", { name: "All users" }).click();
    await page.getByRole("button", { name: "Actions for ada" }).click();
    await page.getByRole("menuitem", { name: "Block …" }).click();
    await confirm(page, "Block user");
    await page.getByRole("row", { name: /^ada.*Blocked/ }).waitFor();
    await page.getByRole("link", { name: "Projects", exact: true }).click();
    await page.getByRole("button", { name: "New project" }).click();
    await page.getByLabel("Path").fill("wine/quality");
    await page.getByRole("button", { name: "Create project" }).click();
    await page.waitForURL("**/wine/quality/-/ml/settings/members");
    await page.getByLabel(`Role of ${admin.username}`).waitFor();
  });

  it("is for administrators alone, and says so", async () => {
    const { token } = await person(server.db, {});
    const page = await signInAt(pages, token, "/-/admin");
    await page.getByRole("heading", { name: "For administrators of the server alone" }).waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
  });
});

it("fits a phone in every section", async () => {
  const { page } = await settingsOf("owner");
  await page.setViewportSize({ width: 360, height: 760 });
  const nav = page.getByRole("navigation", { name: "Settings" });
  for (const section of ["Members", "Tokens", "Usage and limits", "CI", "Audit log", "General"]) {
    await nav.getByRole("link", { name: section }).click();
    await page
      .getByRole("region", { name: section === "CI" ? "Trusted jobs" : (section.split(" ")[0] ?? "") })
      .first()
      .waitFor();
    expect([section, await overhang(page)]).toEqual([section, 0]);
  }
});
