import { type Browser, chromium, selectors } from "playwright-core";
import { afterAll } from "vitest";
import { ensureChromium } from "../../scripts/chromium.ts";

// MLflow's pages name what tests look for so, and ours do too.
selectors.setTestIdAttribute("data-test-id");

/** A real Chromium with a profile of its own that reaches nothing but this machine; closed after the file. */
export async function testBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: await ensureChromium(),
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
  afterAll(() => browser.close());
  return browser;
}
