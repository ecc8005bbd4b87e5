import { type Browser, selectors } from "playwright-core";
import { afterAll } from "vitest";
import { launchChromium } from "../../scripts/chromium.ts";

// MLflow's pages name what tests look for so, and ours do too.
selectors.setTestIdAttribute("data-test-id");

/** A real Chromium with a profile of its own that reaches nothing but this machine; closed after the file. */
export async function testBrowser(): Promise<Browser> {
  const browser = await launchChromium();
  afterAll(() => browser.close());
  return browser;
}
