import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { loggiaPages } from "./loggia-pages.ts";

const { ids, visit } = await loggiaPages({ seeded: "charts.py" });

/** The most that a first visit takes, in kB, with all that comes by itself: a page is to be there soon. */
const most = 200;

it.each([
  ["/", most],
  ["/-/sign-in", most],
  ["/default/-/ml/experiments", most],
  ["/default/-/ml/experiments/0", most],
  [`/default/-/ml/experiments/${ids.curves}?show=charts`, most],
  ["/default/-/ml/compare", most],
  [`/default/-/ml/compare?runs=${ids.spiky},${ids.short}`, most],
])("a first visit of %s takes less than %i kB of gzipped JavaScript", async (address, kilobytes) => {
  const page = await visit("/-/none");
  await page.waitForLoadState("networkidle");
  // Not by the router: as the first visit asks for it.
  await page.goto(new URL(address, page.url()).href);
  // Not until the network is idle: a live page never is.
  await page.getByRole("main").getByRole("heading").first().waitFor();
  if (address.includes("/experiments/")) await page.getByText("Live", { exact: true }).waitFor();
  if (address.includes("?")) await page.locator("figure canvas").first().waitFor();
  const scripts = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .map(({ name }) => name)
      .filter((name) => name.endsWith(".js")),
  );
  const files = await Promise.all(scripts.map(async (url) => (await fetch(url)).arrayBuffer()));
  const bytes = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(kilobytes * 1000);
});
