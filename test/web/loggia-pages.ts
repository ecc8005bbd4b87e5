import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { BrowserContextOptions, Page, Request } from "playwright-core";
import { afterEach, expect } from "vitest";
import type { ClientName } from "../../scripts/clients.ts";
import { testBrowser } from "../support/browser.ts";
import { runPython } from "../support/python.ts";
import { type TestServer, type TestServerOptions, testServer } from "../support/server.ts";

const checkout = fileURLToPath(new URL("../../", import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Milliseconds that a page has for anything that is waited for: the machine may be busy. */
const patience = 30_000;

/** Expects of what `look` sees in a page that it comes true in time. */
export const eventually = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: patience });

export interface LoggiaPages {
  server: TestServer;
  /** The ids that seed.py printed, by name. */
  ids: Record<string, string>;
  /**
   * Opens an address with nothing remembered from an earlier visit.
   * @param expected what is right for once: `SearchCandidates 400`, or a part of what the browser refuses.
   * @param sites other sites that are right to go to.
   */
  visit(
    address: string,
    options?: BrowserContextOptions & { expected?: string[]; sites?: string[] },
  ): Promise<Page>;
}

/**
 * Our pages as they are built, from a real server that holds what a script, seed.py, logged with MLflow's real client. A test fails when
 * its pages throw, offend against their Content-Security-Policy, get an answer they do not expect, or ask another site.
 * @param options `seeded`: another script than seed.py, or false for none.
 */
export async function loggiaPages(
  options: TestServerOptions & { seeded?: boolean | string } = {},
): Promise<LoggiaPages> {
  const { seeded = true, ...more } = options;
  await promisify(execFile)(process.execPath, [`${checkout}scripts/build-web.ts`], { cwd: checkout });
  const server = await testServer({ web: `${checkout}web/dist`, ...more });
  const ids = seeded === false ? {} : await seed(server, seeded === true ? "seed.py" : seeded);
  const browser = await testBrowser();

  const visits: { page: Page; wrong: string[] }[] = [];
  afterEach(async () => {
    const ended = visits.splice(0);
    for (const { page } of ended) await page.context().close();
    expect(ended.flatMap(({ wrong }) => wrong)).toEqual([]);
  });

  return {
    server,
    ids,
    async visit(address, { expected = [], sites = [], ...context } = {}) {
      const opened = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        locale: "en-GB",
        timezoneId: "Europe/Rome",
        ...context,
      });
      const page = await opened.newPage();
      page.setDefaultTimeout(patience);
      const wrong: string[] = [];
      visits.push({ page, wrong });
      page.on("pageerror", (error) => wrong.push(`an exception: ${error.stack ?? error.message}`));
      page.on("dialog", (dialog) => {
        wrong.push(`a dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on("console", (message) => {
        const text = message.text();
        if (/Content Security Policy|unsafe/.test(text) && !expected.some((right) => text.includes(right)))
          wrong.push(text);
      });
      const asked = (request: Request) => {
        const isOurs = [server.url, ...sites].some((site) => request.url().startsWith(site));
        if (!isOurs && !/^(data|blob):/.test(request.url()))
          wrong.push(`asked another site: ${request.url()}`);
      };
      page.on("requestfinished", asked);
      page.on("requestfailed", (request) => {
        // What a policy forbids never left the browser.
        if (!/csp/i.test(request.failure()?.errorText ?? "")) asked(request);
      });
      page.on("response", (response) => {
        const answer = `${new URL(response.url()).pathname.split("/").at(-1)} ${response.status()}`;
        if (response.status() >= 400 && !expected.includes(answer)) wrong.push(answer);
      });
      await page.goto(`${server.url}${address}`);
      return page;
    },
  };
}

/** Runs a script beside this file with a real client, and reads what it printed last: ids by name, in JSON. */
export async function seed(
  server: TestServer,
  script = "seed.py",
  client: ClientName = "mlflow-1.28",
): Promise<Record<string, string>> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { status, output } = await runPython(client, { uri: server.url }, [path]);
  if (status !== 0) throw new Error(`${script} failed:\n${output.slice(-3000)}`);
  return JSON.parse(output.trim().split("\n").at(-1) ?? "");
}

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What axe finds that is serious: nothing, in a page that is done. */
export async function accessibilityOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const violations = (await page.evaluate(
    "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)",
  )) as Violation[];
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 300)} ${failureSummary}`),
    );
}

/** How many pixels of a page, or of a plain table in it, lie beyond its right edge: none, in a page that fits. */
export const overhang = (page: Page): Promise<unknown> =>
  page.evaluate(
    "Math.max(...[...document.querySelectorAll(':root, main, :has(> table)')].map((one) => one.scrollWidth - one.clientWidth))",
  );

/** Signs in with a token, by the page for it, and goes to an address. */
export async function signInAt(pages: LoggiaPages, token: string, address: string): Promise<Page> {
  const page = await pages.visit(`/-/sign-in?return_to=${encodeURIComponent(address)}`);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(`**${address}`);
  return page;
}

/** The texts of a column of the candidates, from the top, as far as they are drawn. */
export async function column(page: Page, id: string): Promise<string[]> {
  const cells = page.locator(`[role=row][data-row]:has(input:enabled) [role=gridcell][id$="-${id}"]`);
  const found = await cells.evaluateAll((all) =>
    all.map((cell): [number, string] => [
      Number(cell.closest("[data-row]")?.getAttribute("data-row")),
      cell.textContent?.trim() ?? "",
    ]),
  );
  return found.sort(([a], [b]) => a - b).map(([, text]) => text);
}
