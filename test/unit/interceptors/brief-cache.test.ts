import { expect, test, vi } from "vitest";
import { briefCache } from "../../../src/interceptors/brief-cache.ts";

interface Answer {
  text: string;
  life?: number;
}

const cache = () => briefCache<Answer>(({ life = 60_000 }) => life);

/** Asks as a gate does: `find` is called when the answer is not at hand. */
const asking =
  (known: ReturnType<typeof cache>, find: () => Promise<Answer>) =>
  (key = "a") =>
    known.get(key) ?? known.fill(key, find());

test("those who ask at the same time share a lookup, and later ones have its answer without waiting", async () => {
  const find = vi.fn(async () => ({ text: "found" }));
  const ask = asking(cache(), find);
  expect(await Promise.all([ask(), ask()])).toEqual([{ text: "found" }, { text: "found" }]);
  expect(ask()).toEqual({ text: "found" });
  expect(find).toHaveBeenCalledTimes(1);
});

test("an answer without a life is sought again", async () => {
  const find = vi.fn(async () => ({ text: "nobody", life: 0 }));
  const ask = asking(cache(), find);
  await ask();
  await ask();
  expect(find).toHaveBeenCalledTimes(2);
});

test("a failed lookup fails those who wait and is not remembered", async () => {
  let away = true;
  const ask = asking(cache(), async () => {
    if (away) throw new Error("away");
    return { text: "back" };
  });
  await expect(ask()).rejects.toThrow("away");
  away = false;
  expect(await ask()).toEqual({ text: "back" });
});

test("an answer lives as long as it says, and five seconds at most", async () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  try {
    const known = cache();
    await known.fill("short", Promise.resolve({ text: "short", life: 1_000 }));
    await known.fill("long", Promise.resolve({ text: "long" }));
    now.mockReturnValue(999);
    expect(known.get("short")).toBeDefined();
    now.mockReturnValue(1_000);
    expect(known.get("short")).toBeUndefined();
    now.mockReturnValue(4_999);
    expect(known.get("long")).toBeDefined();
    now.mockReturnValue(5_000);
    expect(known.get("long")).toBeUndefined();
  } finally {
    now.mockRestore();
  }
});

test("what is dropped is gone, and so is what was being sought before the drop", async () => {
  const known = cache();
  await known.fill("a", Promise.resolve({ text: "old" }));
  const late = Promise.withResolvers<Answer>();
  const sought = known.fill("b", late.promise);
  known.drop();
  late.resolve({ text: "old" });
  expect(await sought).toEqual({ text: "old" });
  expect(known.get("a")).toBeUndefined();
  expect(known.get("b")).toBeUndefined();
});

test("it remembers ten thousand answers and forgets the oldest", async () => {
  const known = cache();
  for (let i = 0; i <= 10_000; i++) await known.fill(String(i), Promise.resolve({ text: "" }));
  expect(known.get("0")).toBeUndefined();
  expect(known.get("1")).toBeDefined();
  expect(known.get("10000")).toBeDefined();
});

test("a key may have several answers, by their parts", async () => {
  const known = cache();
  await known.fill("a", Promise.resolve({ text: "one" }), "1");
  await known.fill("a", Promise.resolve({ text: "two" }), "2");
  expect([known.get("a", "1"), known.get("a", "2")]).toEqual([{ text: "one" }, { text: "two" }]);
  expect(known.get("a")).toBeUndefined();
  await known.fill("a", Promise.resolve({ text: "nobody", life: 0 }), "2");
  expect([known.get("a", "1"), known.get("a", "2")]).toEqual([{ text: "one" }, undefined]);
});

test("parts count as answers, and are forgotten with their key", async () => {
  const known = cache();
  for (let i = 0; i < 9_999; i++) await known.fill("old", Promise.resolve({ text: "" }), String(i));
  await known.fill("new", Promise.resolve({ text: "" }));
  expect(known.get("old", "0")).toBeDefined();
  await known.fill("new", Promise.resolve({ text: "" }), "one more");
  expect(known.get("old", "0")).toBeUndefined();
  expect(known.get("old", "9998")).toBeUndefined();
  expect(known.get("new")).toBeDefined();
  expect(known.get("new", "one more")).toBeDefined();
});
