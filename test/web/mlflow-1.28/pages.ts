import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page, Request } from "playwright-core";
import { afterEach, expect } from "vitest";
import { testBrowser } from "../../support/browser.ts";
import { runPython } from "../../support/python.ts";
import { testServer } from "../../support/server.ts";
import { pagesInFrontOf } from "./proxy.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const screenshots = fileURLToPath(new URL("../../../screenshots/", import.meta.url));

/** Milliseconds that a page has for anything that is waited for: the machine may be busy. */
const patience = 45_000;

/** Expects of what `look` sees in a page that it comes true in time. */
export const eventually = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: patience });

export interface Exchange {
  request: Request;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there.
  json: any;
}

export interface Visit {
  page: Page;
  /** The next exchange of the page with `path` of the API, such as `runs/search`. */
  exchange(path: string): Promise<Exchange>;
}

export interface MlflowPages {
  /** The ids that seed.py printed, by name. */
  ids: Record<string, string>;
  /**
   * Opens the pages at a route, such as `/models`, with nothing remembered from an earlier visit.
   * @param expected what is right for once: answers such as `GET runs/get 404`, or `an exception`.
   */
  visit(route: string, expected?: string[]): Promise<Visit>;
}

/**
 * MLflow 1.28's pages in front of a server of ours that holds what seed.py logged with MLflow's real client. A test fails
 * when its pages get an answer other than 200 that it does not expect, ask for what nobody serves, or break down. With
 * LOGGIA_SCREENSHOTS=1, each page is kept in the folder `screenshots` as the test left it.
 * @param place where the pages' API is: at the root of the server, or below a project's prefix.
 */
export async function mlflowPages(place: "root" | "project"): Promise<MlflowPages> {
  const server = await testServer();
  const uri = place === "root" ? server.url : (await server.project()).uri;
  const [origin, seeded] = await Promise.all([
    pagesInFrontOf(uri),
    runPython("mlflow-1.28", { uri }, [join(here, "seed.py")]),
  ]);
  if (seeded.status !== 0) throw new Error(`seed.py failed:\n${seeded.output.slice(-3000)}`);
  const ids = JSON.parse(seeded.output.trim().split("\n").at(-1) ?? "") as Record<string, string>;
  const browser = await testBrowser();

  const visits: { page: Page; wrong: string[] }[] = [];
  afterEach(async ({ task }) => {
    const ended = visits.splice(0);
    for (const { page, wrong } of ended) {
      if (await page.getByText("Something went wrong").isVisible()) wrong.push("the page broke down");
      if (process.env.LOGGIA_SCREENSHOTS)
        await page.screenshot({
          path: join(screenshots, `mlflow-1.28 ${task.name.replaceAll("/", " ")}.png`),
        });
      await page.context().close();
    }
    expect(ended.flatMap(({ wrong }) => wrong)).toEqual([]);
  });

  return {
    ids,
    async visit(route, expected = []) {
      const context = await browser.newContext({
        viewport: { width: 1600, height: 1000 },
        locale: "en-GB",
        timezoneId: "UTC",
      });
      const page = await context.newPage();
      page.setDefaultTimeout(patience);
      const wrong: string[] = [];
      visits.push({ page, wrong });
      const surprise = (what: string, details: string) => {
        if (!expected.includes(what)) wrong.push(`${what}: ${details}`);
      };
      page.on("pageerror", (error) => surprise("an exception", error.stack ?? error.message));
      page.on("response", (response) => {
        const answer = `${response.request().method()} ${apiPath(response.url())} ${response.status()}`;
        if (response.status() !== 200) surprise(answer, response.url());
      });
      page.on("requestfailed", (request) => {
        const reason = request.failure()?.errorText ?? "";
        // What a page that is left no longer waits for is aborted.
        if (reason !== "net::ERR_ABORTED") surprise(`no answer to ${apiPath(request.url())}`, reason);
      });
      await page.goto(`${origin}/#${route}`);
      return {
        page,
        async exchange(path) {
          const response = await page.waitForResponse((one) => apiPath(one.url()) === path);
          return { request: response.request(), json: await response.json() };
        },
      };
    },
  };
}

/** A path below the API, without what all of them begin with; any other path as it is. */
const apiPath = (url: string) => new URL(url).pathname.replace(/^\/ajax-api\/2\.0\/(preview\/)?mlflow\//, "");
