import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { loggiaPages } from "./loggia-pages.ts";

const { visit } = await loggiaPages({ seeded: false });

it.each([
  "/",
  "/-/sign-in",
  "/default/-/ml/experiments",
  "/default/-/ml/experiments/0",
  "/default/-/ml/compare",
])("a first visit of %s takes less than 200 kB of gzipped JavaScript", async (address) => {
  const page = await visit("/-/none");
  await page.waitForLoadState("networkidle");
  // Not by the router: as the first visit asks for it.
  await page.goto(new URL(address, page.url()).href);
  // Not until the network is idle: a live page never is.
  await page.getByRole("main").getByRole("heading").first().waitFor();
  if (address.endsWith("/0")) await page.getByText("Live", { exact: true }).waitFor();
  const scripts = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .map(({ name }) => name)
      .filter((name) => name.endsWith(".js")),
  );
  const files = await Promise.all(scripts.map(async (url) => (await fetch(url)).arrayBuffer()));
  const bytes = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(200_000);
});
