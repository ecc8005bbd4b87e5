import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterEach, expect } from "vitest";
import { testBrowser } from "../../support/browser.ts";
import { runPython } from "../../support/python.ts";
import { testServer } from "../../support/server.ts";
import { pagesInFrontOf } from "./proxy.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const screenshots = fileURLToPath(new URL("../../../screenshots/", import.meta.url));

/** What the pages asked of the server, and what it answered. */
export interface Exchange {
  method: string;
  /** Below `/ajax-api/2.0/`, or the path of the bytes. */
  path: string;
  status: number;
}

export interface Visit {
  page: Page;
  /** All answers so far, in the order of their arrival. */
  answers: Exchange[];
  /** The next answer to `path`, which ends as given and may have a query; its JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there.
  answer(path: string): Promise<any>;
}

export interface MlflowPages {
  /** The ids that seed.py printed, by name. */
  ids: Record<string, string>;
  /** Opens the pages at a route, such as `/models`, with nothing remembered from an earlier visit. */
  visit(route: string): Promise<Visit>;
}

/**
 * MLflow 1.28's pages in front of a server of ours that holds what seed.py logged, with its real client. A test fails whose
 * pages got an answer other than 200, asked for something that nobody serves, or threw.
 */
export async function mlflowPages(place: "root" | "project"): Promise<MlflowPages> {
  const server = await testServer();
  const uri = place === "root" ? server.url : (await server.project()).uri;
  const [origin, seeded] = await Promise.all([
    pagesInFrontOf(uri),
    runPython("mlflow-1.28", uri, [join(here, "seed.py")]),
  ]);
  if (seeded.status !== 0) throw new Error(`seed.py failed:\n${seeded.output.slice(-3000)}`);
  const ids = JSON.parse(seeded.output.trim().split("\n").at(-1) ?? "") as Record<string, string>;
  const browser = await testBrowser();

  const visits: { page: Page; wrong: string[] }[] = [];
  afterEach(async ({ task }) => {
    for (const { page } of visits) {
      if (process.env.LOGGIA_SCREENSHOTS)
        await page.screenshot({ path: join(screenshots, `mlflow-1.28 ${task.name}.png`.replaceAll("/", " ")) });
      await page.context().close();
    }
    const wrong = visits.splice(0).flatMap((visit) => visit.wrong);
    expect(wrong).toEqual([]);
  });

  return {
    ids,
    async visit(route) {
      const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, locale: "en-GB" });
      const page = await context.newPage();
      const answers: Exchange[] = [];
      const wrong: string[] = [];
      visits.push({ page, wrong });
      page.setDefaultTimeout(30_000);
      page.on("pageerror", (error) => wrong.push(`the page threw ${error.stack ?? error.message}`));
      page.on("response", (response) => {
        const { pathname, search } = new URL(response.url());
        const exchange = { method: response.request().method(), path: pathname.replace(/^\/ajax-api\/2\.0\//, ""), status: response.status() };
        if (!pathname.startsWith("/static-files/") && pathname !== "/") answers.push(exchange);
        if (exchange.status !== 200) wrong.push(`${exchange.method} ${pathname}${search} -> ${exchange.status}`);
      });
      await page.goto(`${origin}/#${route}`);
      return {
        page,
        answers,
        async answer(path) {
          const response = await page.waitForResponse((one) => new URL(one.url()).pathname.endsWith(path));
          return response.json();
        },
      };
    },
  };
}
