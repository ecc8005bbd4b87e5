import { expect, it } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { oidcProvider } from "../../src/oidc/provider.ts";
import { fakeOidc } from "../support/oidc.ts";
import { person } from "../support/person.ts";
import { revokeToken } from "../support/tokens.ts";
import { accessibilityOf, loggiaPages, signInAt } from "./loggia-pages.ts";

const oidc = await fakeOidc();
const pages = await loggiaPages({
  open: false,
  seeded: false,
  oidc: oidcProvider({
    issuer: oidc.url,
    clientId: oidc.clientId,
    clientSecret: oidc.clientSecret,
    label: "Sign in with Example",
    scopes: "openid profile email",
    usernameClaim: "preferred_username",
    linksUsers: false,
  }),
});
const { server, visit } = pages;
const project = await server.project();
const address = `/${project.id}/-/ml/experiments`;

it("asks who has no token to sign in, refuses a wrong token, and comes back with a good one", async () => {
  const { token, username } = await person(server.db, { projects: [[project.id, "developer"]] });
  const page = await visit(address, { expected: ["ListExperiments 401", "SignIn 401"] });
  await page.getByRole("heading", { name: "Sign in to see this" }).waitFor();
  expect(await accessibilityOf(page)).toEqual([]);
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("Token").fill("glpat-wrong");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("This token is not known, has ended, or was revoked.").waitFor();
  expect(await accessibilityOf(page)).toEqual([]);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(`**${address}`);
  await page.getByRole("button", { name: "New experiment" }).waitFor();
  await page.getByRole("button", { name: username }).click();
  await page.getByRole("menuitem", { name: /^Sign out/ }).click();
  await page.waitForURL("**/-/sign-in");
});

it("goes to no other site after signing in, whatever the address asks for", async () => {
  const { token } = await person(server.db, { projects: [[project.id, "guest"]] });
  const page = await visit("/-/sign-in?return_to=https://example.org/");
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Projects" }).waitFor();
  expect(new URL(page.url()).origin).toBe(server.url);
});

it("offers who may only read nothing that writes", async () => {
  const { token } = await person(server.db, { projects: [[project.id, "guest"]] });
  const page = await visit(`/-/sign-in?return_to=${encodeURIComponent(address)}`);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("link", { name: "Default" }).waitFor();
  expect(await page.getByRole("button", { name: "New experiment" }).count()).toBe(0);
  expect(await page.getByRole("button", { name: /^Actions for/ }).count()).toBe(0);
  const writer = project.client(MlflowService, "connect", await project.token());
  const { run } = await writer.createRun({ experimentId: "0", tags: [{ key: "fate", value: "kept" }] });
  await page.goto(`${server.url}/${project.id}/-/ml/candidates/${run?.info?.runId}`);
  await page.getByRole("table", { name: "Metadata" }).getByText("kept").waitFor();
  await page.waitForLoadState("networkidle");
  expect(await page.getByRole("button", { name: /^(Actions for|Add a tag|Edit|Delete)/ }).count()).toBe(0);
});

it("keeps the session from scripts, and the token from the browser", async () => {
  const { token } = await person(server.db, { projects: [[project.id, "guest"]] });
  const page = await signInAt(pages, token, address);
  const cookies = await page.context().cookies();
  expect(cookies.find(({ name }) => name === "loggia_session")).toMatchObject({
    httpOnly: true,
    sameSite: "Strict",
  });
  const kept = await page.evaluate(
    "JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }])",
  );
  expect(kept).not.toContain("loggia_session");
  expect(kept).not.toContain(token);
  expect(cookies.map(({ value }) => value)).not.toContain(token);
});

it("says that a session has ended, and comes back to the page after another began", async () => {
  const { token } = await person(server.db, { projects: [[project.id, "developer"]] });
  const settings = `/${project.id}/-/ml/settings/usage`;
  const page = await pages.visit(`/-/sign-in?return_to=${settings}`, {
    expected: ["GetUsage 401", "GetProject 401", "ListExperiments 401"],
  });
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("region", { name: "Usage" }).waitFor();
  await revokeToken(server.db, token);
  await page.getByRole("link", { name: "Experiments" }).click();
  await page.getByText("Your session has ended.").waitFor();
  expect(await accessibilityOf(page)).toEqual([]);
  const other = await person(server.db, { projects: [[project.id, "developer"]] });
  await page.getByRole("link", { name: "Sign in again" }).click();
  await page.getByLabel("Token").fill(other.token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(`**${address}`);
  await page.getByRole("link", { name: "Default" }).waitFor();
  expect(await page.getByText("Your session has ended.").count()).toBe(0);
});

it("signs in with the OpenID provider, whose button says what it is, and returns to the page", async () => {
  oidc.person = { sub: "7", preferred_username: "ada" };
  const page = await visit("/-/sign-in?return_to=/-/profile", { sites: [oidc.url] });
  await page.getByRole("link", { name: "Sign in with Example" }).click();
  await page.waitForURL("**/-/profile");
  await page.getByRole("heading", { name: "ada" }).waitFor();
});

it("has the viewer's tokens on their profile, from where they sign out", async () => {
  const { token, username } = await person(server.db, { projects: [[project.id, "developer"]] });
  const page = await signInAt(pages, token, address);
  await page.getByRole("button", { name: username }).click();
  await page.getByRole("menuitem", { name: "Profile and tokens" }).click();
  await page.getByRole("heading", { name: username }).waitFor();
  expect(await accessibilityOf(page)).toEqual([]);
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByLabel("Name", { exact: true }).fill("notebook");
  await page.getByRole("button", { name: "Create token" }).click();
  const secret = (await page.getByRole("region", { name: "the token" }).textContent()) ?? "";
  await page.getByRole("button", { name: "I have copied it" }).click();
  await page.getByRole("row", { name: /^notebook/ }).waitFor();
  const asked = await project.rest("POST", "runs/create", { experiment_id: "0" }, { token: secret });
  expect(asked.status).toBe(200);
  await page.getByRole("main").getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/-/sign-in");
  await page.goto(`${server.url}/-/profile`);
  await page.getByRole("heading", { name: "Sign in to see this" }).waitFor();
});

it("tells who signed in with a token of a project that it has no personal tokens", async () => {
  const page = await signInAt(pages, await project.token(), "/-/profile");
  await page.getByRole("heading", { name: "No personal tokens" }).waitFor();
});
