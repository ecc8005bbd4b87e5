/**
 * `npm run screenshots`: every page, light and dark, at three widths, into the ignored folder `screenshots`. Starts a server of
 * its own with what examples and a sweep log to it, and leaves nothing else behind.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { launchChromium } from "./chromium.ts";
import { ensureClient } from "./clients.ts";

const root = new URL("..", import.meta.url).pathname;
const folder = join(root, "screenshots");

interface Shot {
  name: string;
  address: string;
  /** What is done before the picture is taken. */
  act?: (page: Page) => Promise<unknown>;
}

const experiment = "/default/-/ml/experiments/1";
const candidate = "/default/-/ml/candidates/102";
const models = "/default/-/ml/models";
const settings = "/default/-/ml/settings";

/** The pages. A new page adds its line. */
const shots: readonly Shot[] = [
  { name: "projects", address: "/" },
  { name: "sign-in", address: "/-/sign-in" },
  { name: "experiments", address: "/default/-/ml/experiments" },
  { name: "experiments-trash", address: "/default/-/ml/experiments?view=deleted" },
  {
    name: "experiments-new",
    address: "/default/-/ml/experiments",
    act: (page) => page.getByRole("button", { name: "New experiment" }).click(),
  },
  { name: "candidates", address: `${experiment}?sort=-metrics.accuracy` },
  {
    name: "candidates-columns",
    address: experiment,
    async act(page) {
      await page.getByRole("button", { name: "Columns" }).click();
      await page.getByRole("dialog", { name: "Columns" }).waitFor();
    },
  },
  {
    name: "candidates-filter",
    address: experiment,
    async act(page) {
      await page.getByLabel("Filter", { exact: true }).click();
      await page.keyboard.type("metrics.loss < 0.4 AND params.");
    },
  },
  { name: "candidates-filter-error", address: `${experiment}?filter=metrics.loss+<+0.4+AND+wrong.x+=+1` },
  {
    name: "candidates-selected",
    address: experiment,
    async act(page) {
      for (const row of [1, 3, 4]) await page.locator(`[data-row="${row}"] [data-select]`).click();
    },
  },
  {
    name: "candidates-charts",
    address: `${experiment}?show=charts&smooth=0.6`,
    async act(page) {
      await page.locator("figure canvas").first().waitFor();
      const chart = await page.locator("figure [data-plot]").first().boundingBox();
      if (chart !== null) await page.mouse.move(chart.x + chart.width * 0.6, chart.y + chart.height * 0.4);
    },
  },
  {
    name: "candidates-scatter",
    address: `${experiment}?show=charts&plot=scatter&x=params.learning_rate&y=metrics.val/accuracy`,
  },
  {
    name: "candidates-parallel",
    address: `${experiment}?show=charts&plot=parallel&by=metrics.accuracy&brush=metrics.accuracy:0.600:0.980`,
  },
  { name: "candidates-best", address: `${experiment}?show=charts&plot=best&by=metrics.accuracy` },
  {
    name: "charts-sampled",
    address: `${experiment}?show=charts&metric=grad&scale=log&filter=metrics."grad/norm"+<+100`,
    act: (page) => page.locator("figure canvas").first().waitFor(),
  },
  {
    name: "compare",
    address: experiment,
    async act(page) {
      for (const row of [1, 3, 4, 5]) await page.locator(`[data-row="${row}"] [data-select]`).click();
      await page.getByRole("link", { name: "Compare" }).click();
      await page.locator("figure canvas").first().waitFor();
    },
  },
  { name: "compare-none", address: "/default/-/ml/compare" },
  { name: "candidates-none", address: "/default/-/ml/experiments/0" },
  { name: "candidates-nothing-matches", address: `${experiment}?filter=metrics.loss+>+1e9` },
  {
    name: "shortcuts",
    address: experiment,
    act: (page) => page.getByRole("button", { name: /^Keyboard shortcuts/ }).click(),
  },
  { name: "candidate", address: candidate },
  {
    name: "candidate-value",
    address: candidate,
    act: (page) => page.getByRole("button", { name: /^alcohol/ }).click(),
  },
  { name: "candidate-picture", address: `${candidate}?tab=artifacts&path=figures/confusion.png` },
  { name: "candidate-csv", address: `${candidate}?tab=artifacts&path=wine.csv` },
  { name: "candidate-json", address: `${candidate}?tab=artifacts&path=config.json` },
  { name: "candidate-markdown", address: `${candidate}?tab=artifacts&path=report.md` },
  { name: "candidate-html", address: `${candidate}?tab=artifacts&path=report.html` },
  { name: "candidate-folder", address: `${candidate}?tab=artifacts&path=model` },
  { name: "candidate-model", address: `${candidate}?tab=models` },
  { name: "candidate-thousand", address: "/default/-/ml/candidates/103" },
  { name: "candidate-parent", address: "/default/-/ml/candidates/90" },
  { name: "candidate-artifacts-none", address: "/default/-/ml/candidates/7?tab=artifacts" },
  { name: "models", address: models },
  { name: "models-nothing-matches", address: `${models}?search=nothing` },
  { name: "models-none", address: "/risk/fraud/-/ml/models" },
  { name: "model", address: `${models}/wine-quality` },
  {
    name: "model-stage",
    address: `${models}/wine-quality`,
    async act(page) {
      await page.getByRole("button", { name: "Actions for version 4" }).click();
      await page.getByRole("menuitem", { name: "Change the stage …" }).click();
      await page.getByText("Production", { exact: true }).last().click();
    },
  },
  {
    name: "model-aliases",
    address: `${models}/wine-quality/versions/3`,
    async act(page) {
      await page.getByRole("button", { name: "Actions for this version" }).click();
      await page.getByRole("menuitem", { name: "Edit the aliases …" }).click();
    },
  },
  { name: "model-version", address: `${models}/wine-quality/versions/3` },
  {
    name: "model-delete",
    address: `${models}/wine-quality`,
    async act(page) {
      await page.getByRole("button", { name: "Actions for this model" }).click();
      await page.getByRole("menuitem", { name: "Delete …" }).click();
    },
  },
  {
    name: "model-register",
    address: "/default/-/ml/candidates/1",
    async act(page) {
      const answer = await fetch(`${url}/api/1.0/loggia/candidates/get?iid=1`);
      const { candidate } = (await answer.json()) as { candidate: { run_id: string } };
      await page.goto(`${url}${models}/new?run=${candidate.run_id}&path=model`);
    },
  },
  { name: "settings", address: settings },
  { name: "settings-members", address: `${settings}/members` },
  { name: "settings-tokens", address: `${settings}/tokens` },
  {
    name: "settings-token-new",
    address: `${settings}/tokens`,
    act: (page) => page.getByRole("button", { name: "New token" }).click(),
  },
  { name: "settings-usage", address: `${settings}/usage` },
  { name: "settings-ci", address: `${settings}/ci` },
  { name: "settings-audit", address: `${settings}/audit` },
  { name: "admin-users", address: "/-/admin" },
  { name: "admin-projects", address: "/-/admin/projects" },
  { name: "profile-local", address: "/-/profile" },
  { name: "absent", address: "/nobody/-/ml/experiments" },
];

const widths = [
  [360, 760],
  [1440, 900],
  [2560, 1300],
] as const;

const data = await mkdtemp(join(tmpdir(), "loggia-screenshots-"));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
await promisify(execFile)(process.execPath, [join(root, "scripts/build-web.ts")], { cwd: root });
const server = spawn(
  process.execPath,
  [join(root, "src/main.ts"), "serve", "--port", String(port), "--data-dir", data, "--log-level", "error"],
  { stdio: ["ignore", "inherit", "inherit"] },
);
try {
  await answered(`${url}/readyz`);
  const env = { ...process.env, MLFLOW_TRACKING_URI: url, MLFLOW_DISABLE_TELEMETRY: "true" };
  const python = await ensureClient("mlflow-1.28");
  await promisify(execFile)(python, [join(root, "scripts/screenshots.py")], {
    cwd: data,
    env,
    maxBuffer: 2 ** 24,
  });
  await take(process.argv.slice(2));
} finally {
  server.kill();
  await once(server, "exit");
  await rm(data, { recursive: true, force: true });
}

/** @param names of the shots to take; all when none is named. */
async function take(names: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const browser = await launchChromium();
  const views = (["light", "dark"] as const).flatMap((scheme) =>
    widths.map((size) => [scheme, size] as const),
  );
  // Side by side: most of the time a page is waited for.
  await Promise.all(
    views.map(async ([colorScheme, [width, height]]) => {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale: "en-GB" });
      const page = await context.newPage();
      for (const { name, address, act } of shots) {
        if (names.length > 0 && !names.includes(name)) continue;
        await page.goto(`${url}${address}`);
        await settled(page);
        await act?.(page);
        await settled(page);
        const path = join(folder, `${name} ${width} ${colorScheme}.png`);
        await page.screenshot({ path, animations: "disabled" });
        console.log(path);
      }
      await context.close();
    }),
  );
  await browser.close();
}

/** Resolves after a second without an answer. Not when the network is idle: a page that watches never is. */
async function settled(page: Page): Promise<void> {
  while (await page.waitForEvent("response", { timeout: 1000 }).catch(() => undefined));
}

async function answered(address: string): Promise<void> {
  for (;;) {
    const response = await fetch(address).catch(() => undefined);
    if (response?.ok) return;
    if (server.exitCode !== null) throw new Error("The server ended.");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
