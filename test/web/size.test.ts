import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { loggiaPages } from "./loggia-pages.ts";

const { visit } = await loggiaPages({ seeded: false });

it.each(["/", "/-/sign-in", "/default/-/ml/experiments", "/default/-/ml/experiments/0"])(
  "a first visit of %s takes less than 200 kB of gzipped JavaScript",
  async (address) => {
    const page = await visit("/-/none");
    await page.waitForLoadState("networkidle");
    let bytes = 0;
    const counting: Promise<void>[] = [];
    page.on("response", (response) => {
      if (!response.url().endsWith(".js")) return;
      counting.push(
        response.body().then((body) => {
          bytes += gzipSync(body).length;
        }),
      );
    });
    // Not by the router: as the first visit asks for it.
    await page.goto(new URL(address, page.url()).href);
    await page.waitForLoadState("networkidle");
    await Promise.all(counting);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(200_000);
  },
);
