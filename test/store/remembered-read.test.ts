import { expect, test } from "vitest";
import { rememberRead } from "../../src/store/remembered-read.ts";
import { testDatabase } from "../support/database.ts";

const { db } = await testDatabase();

/** A source whose state the test changes, and what was asked of it. */
function source(length = 10) {
  const asked: string[] = [];
  const source = {
    now: "a",
    asked,
    async state() {
      asked.push("state");
      return source.now;
    },
    async read(withState: boolean) {
      asked.push(withState ? "read with state" : "read");
      const answer = { bytes: Buffer.alloc(length), of: source.now };
      return { answer, state: withState ? source.now : undefined };
    },
  };
  return source;
}

test("an answer is kept from the second time on, and given again while its state is the same", async () => {
  const one = source();
  for (const _ of [1, 2, 3, 4]) expect((await rememberRead(db, "one", one)).of).toBe("a");
  expect(one.asked).toEqual(["read", "read with state", "state", "state"]);
});

test("what has changed is read again, and kept", async () => {
  const one = source();
  for (const _ of [1, 2]) await rememberRead(db, "changing", one);
  one.now = "b";
  expect((await rememberRead(db, "changing", one)).of).toBe("b");
  expect((await rememberRead(db, "changing", one)).of).toBe("b");
  expect(one.asked.slice(2)).toEqual(["state", "read with state", "state"]);
});

test("an answer that is too long is not kept, nor are all answers of a long time", async () => {
  const long = source(2 ** 20 + 1);
  for (const _ of [1, 2, 3]) await rememberRead(db, "long", long);
  expect(long.asked).not.toContain("state");

  const first = source(2 ** 20);
  for (const _ of [1, 2]) await rememberRead(db, "first", first);
  for (const other of Array(8).keys())
    for (const _ of [1, 2]) await rememberRead(db, `other ${other}`, source(2 ** 20));
  await rememberRead(db, "first", first);
  expect(first.asked).not.toContain("state");
});
