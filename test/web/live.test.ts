import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { runPython } from "../support/python.ts";
import { column, eventually, loggiaPages } from "./loggia-pages.ts";

const { server, visit } = await loggiaPages({ seeded: false });
const script = fileURLToPath(new URL("live.py", import.meta.url));

interface Step {
  experiment?: string;
  run?: string;
  /** The id of an experiment, or the name of one made before. */
  in?: string;
  id?: string;
  metrics?: Record<string, number>;
  tags?: Record<string, string>;
  status?: string;
}

/** Has MLflow's real client do it; the ids by name. */
const log = (...steps: Step[]) => logAt(server.url, ...steps);

async function logAt(uri: string, ...steps: Step[]): Promise<Record<string, string>> {
  const { status, output } = await runPython("mlflow-1.28", { uri }, [script, JSON.stringify(steps)]);
  if (status !== 0) throw new Error(output.slice(-3000));
  return JSON.parse(output.trim().split("\n").at(-1) ?? "");
}

/** An experiment of two runs that have a loss. */
async function experiment(name: string) {
  const { [name]: id = "", ...ids } = await log(
    { experiment: name },
    { run: "one", in: name, metrics: { loss: 1 } },
    { run: "two", in: name, metrics: { loss: 2 } },
  );
  return { id, ids };
}

const names = (page: Page) => column(page, "name");
const losses = (page: Page) => column(page, "metrics.loss");
const state = (page: Page) => page.locator("[data-state]").textContent();

/** What a page that is loaded again does not have. */
const mark = (page: Page) => page.evaluate("window.isSamePage = true");
const isSame = (page: Page) => page.evaluate("window.isSamePage === true");

it("what a client logs appears in its place, and a new run at the top, without a reload", async () => {
  const { id, ids } = await experiment("grows");
  const page = await visit(`/default/-/ml/experiments/${id}`);
  await eventually(() => names(page)).toEqual(["two", "one"]);
  await eventually(() => state(page)).toBe("Live");
  await mark(page);
  await log({ id: ids.one ?? "", metrics: { loss: 0.25 }, status: "FAILED" });
  await eventually(() => losses(page)).toEqual(["2", "0.25"]);
  await eventually(() => column(page, "status")).toEqual(["Running", "Failed"]);
  await log({ run: "three", in: id, metrics: { loss: 3, depth: 7 } });
  await eventually(() => names(page)).toEqual(["three", "two", "one"]);
  await eventually(() => losses(page)).toEqual(["3", "2", "0.25"]);
  // A metric that no run had before gets its column.
  await eventually(() => column(page, "metrics.depth")).toEqual(["7", "", ""]);
  expect(await isSame(page)).toBe(true);
});

it("where the viewer sorted, no row moves before they say so", async () => {
  const { id, ids } = await experiment("is sorted");
  const page = await visit(`/default/-/ml/experiments/${id}?sort=metrics.loss`);
  await eventually(() => names(page)).toEqual(["one", "two"]);
  await eventually(() => state(page)).toBe("Live");
  await log({ id: ids.one ?? "", metrics: { loss: 5 } });
  await eventually(() => losses(page)).toEqual(["5", "2"]);
  await page.getByRole("button", { name: "The order has changed" }).click();
  await eventually(() => losses(page)).toEqual(["2", "5"]);
  await log({ run: "best", in: id, metrics: { loss: 0 } });
  await page.getByRole("button", { name: "1 new candidate" }).waitFor();
  expect(await names(page)).toEqual(["two", "one"]);
  await page.getByRole("button", { name: "1 new candidate" }).click();
  await eventually(() => names(page)).toEqual(["best", "two", "one"]);
  await page.getByRole("button", { name: /new candidate|order has changed/ }).waitFor({ state: "detached" });
});

it("a run below its parent is counted there, and seen when the parent is open", async () => {
  const { id, ids } = await experiment("has branches");
  const parent = { "mlflow.parentRunId": ids.one ?? "" };
  await log({ run: "first", in: id, tags: parent });
  const page = await visit(`/default/-/ml/experiments/${id}`);
  await eventually(() => names(page)).toEqual(["two", "one1"]);
  await page.getByRole("button", { name: "Open one" }).click();
  await eventually(() => names(page)).toEqual(["two", "one", "first"]);
  await eventually(() => state(page)).toBe("Live");
  await log({ run: "second", in: id, tags: parent });
  await eventually(() => names(page)).toEqual(["two", "one", "second", "first"]);
});

it("a hidden tab holds no connection, and has caught up when it is seen again", async () => {
  const { id, ids } = await experiment("is hidden");
  const page = await visit(`/default/-/ml/experiments/${id}`);
  await eventually(() => state(page)).toBe("Live");
  const ended = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/Watch"));
  const hide = (hidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, "hidden", { configurable: true, value: ${hidden} });
      document.dispatchEvent(new Event("visibilitychange"));`);
  await hide(true);
  await ended;
  await log({ id: ids.two ?? "", metrics: { loss: 0.5 } });
  expect(await losses(page)).toEqual(["2", "1"]);
  await hide(false);
  await eventually(() => losses(page)).toEqual(["0.5", "1"]);
  await eventually(() => state(page)).toBe("Live");
});

it("a page outlives its server: it says that it is gone, and has caught up when another stands in its place", async () => {
  const { id, ids } = await experiment("outlives");
  const replica = await server.replica();
  const page = await visit(`/default/-/ml/experiments/${id}`);
  await eventually(() => state(page)).toBe("Live");
  await mark(page);
  const banner = page.getByText("The server cannot be reached. What you see");
  await server.restart(async () => {
    await eventually(() => state(page)).toBe("Reconnecting");
    await page.getByRole("columnheader", { name: "loss" }).getByRole("button").first().click();
    await banner.waitFor();
    expect(await losses(page)).toEqual(["2", "1"]);
    await logAt(
      replica,
      { id: ids.one ?? "", metrics: { loss: 8 } },
      { run: "three", in: id, metrics: { loss: 4 } },
    );
  });
  await eventually(() => losses(page)).toEqual(["8", "4", "2"]);
  await banner.waitFor({ state: "detached" });
  await eventually(() => state(page)).toBe("Live");
  await logAt(replica, { id: ids.two ?? "", metrics: { loss: 9 } });
  await eventually(() => losses(page)).toEqual(["8", "4", "9"]);
  expect(await isSame(page)).toBe(true);
});
