/** What is measured within a page: by its own clock, so that what drives the browser costs nothing. */
import type { Page } from "playwright-core";

/** Milliseconds that a page has for one thing: MLflow's chart of five million points takes more than one minute. */
export const patience = 180_000;

/** Milliseconds without a task of over 50 ms after which the main thread counts as free. */
const quiet = 500;

/** In every page before its own scripts: when something was first done to it, and until when its main thread was taken. */
const watching = `
  window.bench = { begin: undefined, busyUntil: 0, longest: 0 };
  for (const type of ["pointerdown", "keydown", "input"])
    addEventListener(type, (event) => { bench.begin ??= event.timeStamp; }, true);
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) bench.busyUntil = Math.max(bench.busyUntil, task.startTime + task.duration);
  }).observe({ type: "longtask", buffered: true });`;

/** What a page lacked the time for. */
export class TooLong extends Error {}

export async function watch(page: Page): Promise<void> {
  page.setDefaultTimeout(patience);
  await page.addInitScript(watching);
}

/**
 * Opens an address and waits until `expression` is true of what it shows and its main thread is free.
 * @returns milliseconds, of the page's own clock, which begins with the navigation.
 * @throws TooLong
 */
export async function opened(page: Page, url: string, expression: string): Promise<number> {
  await page.goto(url, { waitUntil: "commit" });
  return await answered(page, expression, "0");
}

/** Does something to a page, and waits as `opened` does. @returns milliseconds since the page heard of it. @throws TooLong */
export async function done(page: Page, act: () => Promise<unknown>, expression: string): Promise<number> {
  await page.evaluate("bench.begin = undefined");
  await act();
  return await answered(page, expression, "bench.begin");
}

async function answered(page: Page, expression: string, begin: string): Promise<number> {
  const time = page.evaluate<number | null>(`new Promise((resolve) => {
    const begin = ${begin};
    let seen;
    const look = () => {
      const now = performance.now();
      if (seen === undefined && (${expression})) seen = now;
      const free = Math.max(seen, bench.busyUntil);
      if (seen !== undefined && now - free >= ${quiet}) resolve(free - begin);
      else if (now - begin > ${patience}) resolve(null);
      else requestAnimationFrame(look);
    };
    look();
  })`);
  const found = await Promise.race([time, elapsed(page, patience + quiet)]);
  if (found === null) throw new TooLong();
  return found;
}

/** A page whose main thread is taken cannot say that its time is over. */
async function elapsed(page: Page, milliseconds: number): Promise<null> {
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    page.once("close", () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
  return null;
}

/** Notches of the wheel, how far each goes in pixels, and milliseconds between them: 6,000 pixels a second for five seconds. */
const wheel = { notches: 200, distance: 150, every: 25 };

/**
 * Turns the wheel over a table.
 * @param turnsBack whether to go to and fro, in a table that is soon at its end.
 * @returns the longest time between two frames, in milliseconds.
 */
export async function longestFrame(page: Page, over: string, turnsBack = false): Promise<number> {
  await page.locator(over).hover();
  await page.evaluate(`{
    bench.longest = 0;
    let last;
    const frame = (now) => {
      if (last !== undefined) bench.longest = Math.max(bench.longest, now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }`);
  const begin = performance.now();
  for (let i = 0; i < wheel.notches; i++) {
    const rest = begin + i * wheel.every - performance.now();
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    await page.mouse.wheel(0, turnsBack && Math.floor(i / 10) % 2 === 1 ? -wheel.distance : wheel.distance);
  }
  return Number(await page.evaluate("bench.longest"));
}
