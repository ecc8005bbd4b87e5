import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { LoggiaError } from "../../../src/errors.ts";
import { failedLogins } from "../../../src/interceptors/failed-logins.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const seconds = (count: number) => vi.advanceTimersByTime(count * 1000);
const guess = (i: number) => `glmt_${String(i).padStart(8, "0")}rest-of-the-token`;

/** Seconds to wait, or undefined when the login would be looked up. */
function wait(logins: ReturnType<typeof failedLogins>, address: string, credential: string) {
  try {
    logins.admit(address, credential);
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: "REQUEST_LIMIT_EXCEEDED", status: 429 });
    return (error as LoggiaError).retryAfter;
  }
}

/** Fails as often as it is let, at most `most` times. */
function attempts(
  logins: ReturnType<typeof failedLogins>,
  most: number,
  login: (i: number) => [string, string],
): number {
  for (let i = 0; i < most; i++) {
    if (wait(logins, ...login(i)) !== undefined) return i;
    logins.failed(...login(i));
  }
  return most;
}

describe("ten failed logins a minute", () => {
  test("are heard from one address, whatever it tries", () => {
    const logins = failedLogins();
    expect(attempts(logins, 100, (i) => ["192.0.2.1", guess(i)])).toBe(10);
    expect(wait(logins, "192.0.2.2", guess(0))).toBeUndefined();
  });

  test("are heard from one /64, whichever of its addresses they come from", () => {
    const logins = failedLogins();
    expect(attempts(logins, 100, (i) => [`2001:db8::${i.toString(16)}`, guess(i)])).toBe(10);
    expect(wait(logins, "2001:db8:0:1::1", guess(0))).toBeUndefined();
  });

  test("are heard of one prefix, wherever they come from", () => {
    const logins = failedLogins();
    expect(attempts(logins, 100, (i) => [`192.0.2.${i}`, `glmt_abcdefgh${i}`])).toBe(10);
    expect(wait(logins, "192.0.2.200", "glmt_abcdefgi0")).toBeUndefined();
  });

  test("are over after the minute in which they began, and then come anew", () => {
    const logins = failedLogins();
    logins.failed("192.0.2.1", guess(0));
    seconds(30);
    for (let i = 1; i < 10; i++) logins.failed("192.0.2.1", guess(i));
    expect(wait(logins, "192.0.2.1", guess(99))).toBe(30);
    seconds(29.5);
    expect(wait(logins, "192.0.2.1", guess(99))).toBe(1);
    seconds(0.5);
    expect(attempts(logins, 100, (i) => ["192.0.2.1", guess(i + 100)])).toBe(10);
  });

  test("are not more when they were all looked up at the same time", () => {
    const logins = failedLogins();
    const parallel = Array.from({ length: 30 }, (_, i): [string, string] => ["192.0.2.1", guess(i)]);
    for (const login of parallel) expect(wait(logins, ...login)).toBeUndefined();
    const outcomes = parallel.map((login) => {
      try {
        logins.failed(...login);
        return 401;
      } catch (error) {
        return (error as LoggiaError).status;
      }
    });
    expect(outcomes).toEqual([...Array(10).fill(401), ...Array(20).fill(429)]);
  });

  test("do not become more by asking while they are refused", () => {
    const logins = failedLogins();
    attempts(logins, 10, (i) => ["192.0.2.1", guess(i)]);
    for (let i = 0; i < 60; i++) {
      expect(wait(logins, "192.0.2.1", guess(i))).toBe(60 - i);
      seconds(1);
    }
    expect(wait(logins, "192.0.2.1", guess(0))).toBeUndefined();
  });
});

describe("one bad token that is sent again and again", () => {
  test("is refused by itself, and leaves its neighbours alone", () => {
    const logins = failedLogins();
    expect(attempts(logins, 100, () => ["192.0.2.1", guess(0)])).toBe(10);
    expect(wait(logins, "192.0.2.1", guess(0))).toBe(60);
    expect(attempts(logins, 100, (i) => ["192.0.2.1", guess(i + 1)])).toBe(9);
  });

  test("counts again when its minute is over", () => {
    const logins = failedLogins();
    for (let minute = 0; minute < 20; minute++) {
      logins.failed("192.0.2.1", guess(0));
      seconds(60);
    }
    expect(attempts(logins, 100, (i) => ["192.0.2.1", guess(i)])).toBe(10);
  });
});

describe("a good token", () => {
  test("never counts, however often it is used", () => {
    const logins = failedLogins();
    for (let i = 0; i < 1000; i++) {
      expect(wait(logins, "192.0.2.1", "good")).toBeUndefined();
      logins.succeeded("good");
    }
  });

  test("that has been used before is heard though its neighbours fail, and others are not", () => {
    const logins = failedLogins();
    logins.succeeded("good");
    attempts(logins, 10, (i) => ["192.0.2.1", guess(i)]);
    expect(wait(logins, "192.0.2.1", "good")).toBeUndefined();
    expect(wait(logins, "192.0.2.1", "goodd")).toBe(60);
  });

  test("that has gone bad is counted like any other", () => {
    const logins = failedLogins();
    logins.succeeded("was good");
    expect(attempts(logins, 100, () => ["192.0.2.1", "was good"])).toBe(10);
  });
});

test("a flood of addresses and tokens is forgotten from its beginning, so that memory stays bounded", () => {
  const logins = failedLogins({ remembered: 100 });
  const flooded = () => {
    attempts(logins, 10, (i) => ["192.0.2.1", guess(i)]);
    logins.succeeded("good");
    return [wait(logins, "192.0.2.1", guess(10)), wait(logins, "192.0.2.1", "good")];
  };
  expect(flooded()).toEqual([60, undefined]);
  for (let i = 0; i < 110; i++) {
    logins.failed(`10.0.0.${i}`, `${i} a guess of its own`);
    logins.succeeded(`good ${i}`);
  }
  expect(wait(logins, "192.0.2.1", guess(10))).toBeUndefined();
  attempts(logins, 10, (i) => ["192.0.2.1", guess(i)]);
  expect(wait(logins, "192.0.2.1", "good")).toBe(60);
});
