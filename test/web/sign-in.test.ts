import { expect, it } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { person } from "../support/person.ts";
import { accessibilityOf, loggiaPages } from "./loggia-pages.ts";

const { server, visit } = await loggiaPages({ open: false, seeded: false });
const project = await server.project();
const address = `/${project.id}/-/ml/experiments`;

it("asks who has no token to sign in, refuses a wrong token, and comes back with a good one", async () => {
  const { token, username } = await person(server.db, { projects: [[project.id, "developer"]] });
  const page = await visit(address, { expected: ["ListExperiments 401", "SignIn 401"] });
  await page.getByRole("heading", { name: "Sign in to see this" }).waitFor();
  expect(await accessibilityOf(page)).toEqual([]);
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("Token").fill("glpat-wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("This token is not known, has ended, or was revoked.").waitFor();
  expect(await accessibilityOf(page)).toEqual([]);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
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
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Projects" }).waitFor();
  expect(new URL(page.url()).origin).toBe(server.url);
});

it("offers who may only read nothing that writes", async () => {
  const { token } = await person(server.db, { projects: [[project.id, "guest"]] });
  const page = await visit(`/-/sign-in?return_to=${encodeURIComponent(address)}`);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
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
