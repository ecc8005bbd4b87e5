import { expect, test } from "vitest";
import { shareRead } from "../../src/store/shared-read.ts";
import { testDatabase } from "../support/database.ts";

const { db } = await testDatabase();

/** Readings that end when the test says so. */
function steered() {
  const readings: { finish(answer: string): void; fail(error: Error): void }[] = [];
  const read = () => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    readings.push({ finish: resolve, fail: reject });
    return promise;
  };
  return { readings, read };
}

test("those who ask while it is being read share the next reading, and get nothing older than their question", async () => {
  const { readings, read } = steered();
  const first = shareRead(db, "a", read);
  const later = [1, 2, 3].map(() => shareRead(db, "a", read));
  expect(readings).toHaveLength(1);
  readings[0]?.finish("one");
  expect(await first).toBe("one");
  expect(readings).toHaveLength(2);
  const last = shareRead(db, "a", read);
  readings[1]?.finish("two");
  expect(await Promise.all(later)).toEqual(["two", "two", "two"]);
  readings[2]?.finish("three");
  expect(await last).toBe("three");
});

test("when nobody asks any more nothing is kept: the next one reads anew", async () => {
  const { readings, read } = steered();
  for (const answer of ["one", "two"]) {
    const asked = shareRead(db, "b", read);
    readings.at(-1)?.finish(answer);
    expect(await asked).toBe(answer);
  }
  expect(readings).toHaveLength(2);
});

test("other questions do not wait", async () => {
  const { readings, read } = steered();
  shareRead(db, "c", read);
  const other = shareRead(db, "d", read);
  readings[1]?.finish("other");
  expect(await other).toBe("other");
});

test("a reading that fails fails for those who share it alone", async () => {
  const { readings, read } = steered();
  const first = shareRead(db, "e", read);
  const second = shareRead(db, "e", read);
  readings[0]?.fail(new Error("gone"));
  await expect(first).rejects.toThrow("gone");
  readings[1]?.finish("back");
  expect(await second).toBe("back");
});
