import { readFile } from "node:fs/promises";
import { fromBinary } from "@bufbuild/protobuf";
import type { Page, Request } from "playwright-core";
import { describe, expect, it } from "vitest";
import { SampleHistoryRequestSchema } from "../../gen/loggia/v1/metrics_pb.js";
import { accessibilityOf, eventually, loggiaPages } from "./loggia-pages.ts";

const { server, ids, visit } = await loggiaPages({ seeded: "charts.py" });

const charts = (search = "", experiment = "curves") =>
  `/default/-/ml/experiments/${ids[experiment]}?show=charts${search}`;
const chart = (page: Page, metric: string) => page.locator(`figure[data-metric="${metric}"]`);
const plot = (page: Page, metric: string) => chart(page, metric).getByRole("application");
const note = (page: Page, metric: string) => chart(page, metric).getByRole("note");
const reading = (page: Page, metric: string) => chart(page, metric).getByRole("status");

/** Drags over a part of a plot, from 0 to 1 of its width. */
async function drag(page: Page, metric: string, from: number, to: number): Promise<void> {
  await chart(page, metric).scrollIntoViewIfNeeded();
  const box = await chart(page, metric).locator("[data-plot]").boundingBox();
  if (box === null) throw new Error("no plot");
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, y, { steps: 5 });
  await page.mouse.up();
}

const asked = (request: Request) => {
  const body = request.postDataBuffer();
  return body === null ? undefined : fromBinary(SampleHistoryRequestSchema, body);
};

/** What a chart has drawn, as its table tells: the least and the greatest value of a run. */
async function extremes(page: Page, metric: string, run: string): Promise<(string | null)[]> {
  await page.getByRole("button", { name: `Show ${metric} as a table` }).click();
  const cells = chart(page, metric).getByRole("row").filter({ hasText: run }).locator("b");
  await cells.first().waitFor();
  const found = await cells.evaluateAll((all) => all.map((cell) => cell.getAttribute("title")));
  await page.getByRole("button", { name: `Show ${metric} as a chart` }).click();
  return found.slice(2);
}

describe("what is read beside the table", () => {
  it("is seen whole, wherever in the chart at the edge of the pane the pointer is", async () => {
    const page = await visit(charts("&metric=loss"));
    await chart(page, "loss").locator("canvas").waitFor();
    const over = await chart(page, "loss").locator("[data-plot]").boundingBox();
    const pane = await page.getByRole("region", { name: "Charts of candidates" }).boundingBox();
    if (over === null || pane === null) throw new Error("no plot");
    for (const part of [0.1, 0.4, 0.6, 0.9]) {
      await page.mouse.move(over.x + over.width * part, over.y + over.height / 2);
      await reading(page, "loss").getByText("spiky").waitFor();
      const box = await reading(page, "loss").boundingBox();
      if (box === null) throw new Error("no reading");
      expect(box.x).toBeGreaterThanOrEqual(pane.x);
      expect(box.x + box.width).toBeLessThanOrEqual(pane.x + pane.width);
    }
  });
});

describe("a chart of a long history", () => {
  it("says that it is sampled, and draws the extremes that no even sample meets", async () => {
    const page = await visit(charts());
    await eventually(() => note(page, "wave").textContent()).toMatch(
      /^sampled: [\d,]+ of 20,000 points, every extreme among them$/,
    );
    expect(await extremes(page, "wave", "spiky")).toEqual(["-33.5", "77.125"]);
  });

  it("asks the server anew for the part that is dragged over, until it has the points themselves", async () => {
    const page = await visit(charts("&metric=wave&wide=wave"));
    await eventually(() => note(page, "wave").textContent()).toContain("sampled");
    const request = page.waitForRequest((one) => one.url().endsWith("/SampleHistory"));
    await drag(page, "wave", 0.6, 0.64);
    const first = asked(await request);
    expect(first?.metricKeys).toEqual(["wave"]);
    const [from, to] = [Number(first?.fromStep), Number(first?.toStep)];
    expect(from).toBeGreaterThan(11_000);
    expect(to).toBeLessThan(13_500);
    expect(to - from).toBeGreaterThan(600);
    await eventually(() => note(page, "wave").textContent()).not.toContain("20,000");
    expect((await extremes(page, "wave", "spiky"))[1]).toBe("77.125");
    expect(new URL(page.url()).searchParams.get("zoom")).toBe(`${from}:${to}`);
    await drag(page, "wave", 0.2, 0.5);
    await eventually(() => note(page, "wave").textContent()).toMatch(/^\d+ points$/);
    await page.goBack();
    await eventually(async () => new URL(page.url()).searchParams.get("zoom")).toBe(`${from}:${to}`);
    await chart(page, "wave").getByRole("button", { name: "All", exact: true }).click();
    await eventually(() => note(page, "wave").textContent()).toContain("20,000");
  });

  it("asks by the steps of its points where the axis is one of time", async () => {
    const page = await visit(charts("&metric=wave&wide=wave&axis=relative"));
    await eventually(() => note(page, "wave").textContent()).toContain("sampled");
    const request = page.waitForRequest((one) => one.url().endsWith("/SampleHistory"));
    await drag(page, "wave", 0.6, 0.64);
    const body = asked(await request);
    expect(Number(body?.fromStep)).toBeGreaterThan(11_000);
    expect(Number(body?.toStep)).toBeLessThan(13_500);
    expect((await extremes(page, "wave", "spiky"))[1]).toBe("77.125");
  });

  it("gives every point as CSV, those that it does not draw among them", async () => {
    const page = await visit(charts("&metric=wave"));
    await eventually(() => note(page, "wave").textContent()).toContain("sampled");
    await page.getByRole("button", { name: "Download wave" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: /CSV/ }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe("wave.csv");
    const answer = await fetch(
      `${server.url}/api/2.0/mlflow/metrics/get-history?run_id=${ids.spiky}&metric_key=wave`,
    );
    const { metrics } = (await answer.json()) as {
      metrics: { step: number; timestamp: number; value: number }[];
    };
    expect(metrics).toHaveLength(20_000);
    const lines = (await readFile(await file.path(), "utf8")).split("\r\n");
    expect(lines).toEqual([
      "run_id,run,metric,step,timestamp,value",
      ...metrics.map(({ step, timestamp, value }) => `${ids.spiky},spiky,wave,${step},${timestamp},${value}`),
      "",
    ]);
  });

  it("is a picture", async () => {
    const page = await visit(charts("&metric=wave"));
    await eventually(() => note(page, "wave").textContent()).toContain("sampled");
    await page.getByRole("button", { name: "Download wave" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: /PNG/ }).click();
    const bytes = await readFile(await (await download).path());
    expect(bytes.subarray(1, 4).toString()).toBe("PNG");
    expect(bytes.readUInt32BE(16)).toBeGreaterThan(300);
  });
});

describe("what has no place on a chart", () => {
  it("is marked and counted: NaN, infinities, and on a log scale zero", async () => {
    const page = await visit(charts("&metric=loss"));
    await eventually(() => note(page, "loss").locator("span").allTextContents()).toEqual([
      "50 points",
      "× 1 NaN",
      "▲ 1 infinite",
      "▼ 1 minus infinite",
    ]);
    await page.getByText("Log", { exact: true }).click();
    await eventually(() => note(page, "loss").locator("span").last().textContent()).toBe("▼ 2 at or below 0");
    expect(new URL(page.url()).searchParams.get("scale")).toBe("log");
  });
});

describe("reading a chart", () => {
  it("tells the values of all runs where the pointer is, the greatest first and in full", async () => {
    const page = await visit(charts("&metric=loss&wide=loss"));
    await eventually(() => note(page, "loss").textContent()).toContain("50 points");
    const box = await chart(page, "loss").locator("[data-plot]").boundingBox();
    if (box === null) throw new Error("no plot");
    await page.mouse.move(box.x + 1, box.y + 60);
    await reading(page, "loss").getByText("Step 0").waitFor();
    expect(await reading(page, "loss").locator("tbody th").allTextContents()).toEqual([
      "spiky",
      "broken",
      "short",
    ]);
    expect(await reading(page, "loss").locator("tbody td:nth-child(2)").allTextContents()).toEqual([
      "1",
      "0.5",
      "0.4",
    ]);
  });

  it("is held by a click, and copied with every digit", async () => {
    const page = await visit(charts("&metric=loss&wide=loss"), {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await eventually(() => note(page, "loss").textContent()).toContain("50 points");
    const box = await chart(page, "loss").locator("[data-plot]").boundingBox();
    if (box === null) throw new Error("no plot");
    await page.mouse.click(box.x + (box.width * 7) / 39, box.y + 60);
    await reading(page, "loss").getByText("Step 7").waitFor();
    await reading(page, "loss").getByRole("button", { name: "Copy the values in full" }).click();
    const copied = await page.evaluate("navigator.clipboard.readText()");
    expect(copied).toContain(`broken\t${ids.broken}\t7\t1660000007000\t0.30000000000000004`);
  });

  it("is worked with the keyboard alone: from point to point, closer, along, and back", async () => {
    const page = await visit(charts("&metric=wave&wide=wave"));
    await eventually(() => note(page, "wave").textContent()).toContain("sampled");
    await plot(page, "wave").focus();
    await page.keyboard.press("End");
    await reading(page, "wave").getByText("Step 19,999").waitFor();
    await page.keyboard.press("ArrowLeft");
    await eventually(() => reading(page, "wave").locator("strong").textContent()).not.toBe("Step 19,999");
    await page.keyboard.press("Escape");
    const zoom = () => new URL(page.url()).searchParams.get("zoom");
    await page.keyboard.press("+");
    await eventually(async () => zoom()).toBe("4999:15000");
    await page.keyboard.press("Shift+ArrowRight");
    await eventually(async () => zoom()).toBe("7499:17500");
    await page.keyboard.press("0");
    await eventually(async () => zoom()).toBeNull();
    expect(await accessibilityOf(page)).toEqual([]);
  });
});

describe("the charts beside the table", () => {
  it("are of the candidates that are selected, hide what the legend hides, and the address holds it", async () => {
    const page = await visit(charts());
    await page.getByText("The first 3 candidates of the table").waitFor();
    await page.getByRole("checkbox", { name: "Select short", exact: true }).click();
    await page.getByRole("checkbox", { name: "Select broken", exact: true }).click();
    const legend = page.getByRole("list", { name: "Runs that are drawn" }).getByRole("button");
    await eventually(() => legend.allTextContents()).toEqual(["short", "broken"]);
    await eventually(() => note(page, "loss").textContent()).toContain("10 points");
    await legend.filter({ hasText: "broken" }).click();
    await eventually(() => note(page, "loss").textContent()).toBe("2 points");
    await page.reload();
    await eventually(() => note(page, "loss").textContent()).toBe("2 points");
    expect(await accessibilityOf(page)).toEqual([]);
  });

  it("draw the points of a run as they are logged, without a reload", async () => {
    const call = async (path: string, body: unknown) => {
      const answer = await fetch(`${server.url}/api/2.0/mlflow/${path}`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      return (await answer.json()) as { experiment_id: string; run: { info: { run_id: string } } };
    };
    const { experiment_id } = await call("experiments/create", { name: "alive" });
    const run_id = (await call("runs/create", { experiment_id, start_time: 1 })).run.info.run_id;
    const log = (key: string, step: number) =>
      call("runs/log-metric", { run_id, key, value: 1, timestamp: step, step });
    await log("loss", 0);
    const page = await visit(`/default/-/ml/experiments/${experiment_id}?show=charts`);
    await eventually(() => note(page, "loss").textContent()).toBe("1 point");
    await log("loss", 1);
    await log("new", 0);
    await eventually(() => note(page, "loss").textContent()).toBe("2 points");
    await eventually(() => note(page, "new").textContent()).toBe("1 point");
  });

  it("are smoothed as the slider says", async () => {
    const page = await visit(charts("&metric=loss"));
    await page.getByLabel("Smoothing", { exact: true }).fill("0.5");
    await eventually(async () => new URL(page.url()).searchParams.get("smooth")).toBe("0.5");
    await plot(page, "loss").focus();
    await page.keyboard.press("Home");
    await reading(page, "loss").getByText("≈").first().waitFor();
  });

  it("draw of a thousand metrics those that are seen, and find the others", async () => {
    const page = await visit(charts("", "many"));
    await chart(page, "layer0/unit0").locator("canvas").waitFor();
    expect(await page.locator("canvas").count()).toBeLessThan(40);
    await page.getByLabel("Find among 1,000 metrics").fill("unit987");
    await chart(page, "layer9/unit987").locator("canvas").waitFor();
    expect(await page.locator("figure").count()).toBe(1);
  });

  it("scatter a metric against a param, and open the candidate of a point", async () => {
    const page = await visit(charts("&plot=scatter&x=params.depth&y=metrics.val/accuracy"));
    const points = page.locator("circle");
    await eventually(() => points.count()).toBe(2);
    await page.getByText("2 drawn, 1 without a finite value of both").waitFor();
    await page.getByRole("application", { name: /against depth/ }).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("status").getByText("broken").waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/ml\/candidates\/2$/);
  });

  it("choose lines by ranges of parallel axes", async () => {
    const page = await visit(
      charts("&plot=parallel&axes=params.depth,params.model,metrics.val%252Faccuracy&by=metrics.loss"),
    );
    await page.getByText("3 drawn, 1 with gaps where they have no value").waitFor();
    await page.getByRole("slider", { name: "Range of depth" }).focus();
    for (let i = 0; i < 10; i++) await page.keyboard.press("ArrowUp");
    await page.getByText("1 of 3 within the ranges").waitFor();
    expect(await accessibilityOf(page)).toEqual([]);
    await page.getByRole("button", { name: "Clear the ranges" }).click();
    await page.getByText("3 drawn").waitFor();
  });

  it("have bars of the best by a metric, either way", async () => {
    const page = await visit(charts("&plot=best&by=metrics.val/accuracy"));
    const bars = page.getByRole("list", { name: "Best by val/accuracy" }).getByRole("listitem");
    await eventually(() => bars.allTextContents()).toEqual(["short0.875", "broken0.75"]);
    await page.getByText("Least first").click();
    await eventually(() => bars.allTextContents()).toEqual(["broken0.75", "short0.875"]);
    expect(await accessibilityOf(page)).toEqual([]);
  });

  it("run nothing in the names and values of a run", async () => {
    for (const search of ["", "&plot=scatter", "&plot=parallel", "&plot=best&by=metrics.loss"]) {
      const page = await visit(charts(search, "hostile"));
      await page
        .getByRole("region", { name: "Charts of candidates" })
        .getByText(/<script>|drawn/)
        .first()
        .waitFor();
      expect(await page.evaluate("document.documentElement.dataset.attacked")).toBeUndefined();
      expect(await page.locator('img[src="x"], script:not([src])').count()).toBe(0);
    }
  });
});
