import fc from "fast-check";
import { expect, test } from "vitest";
import { type Allowance, spend } from "../../../src/services/point-rate.ts";

test("no minute grants more than the quota and one batch, whoever asks when", () => {
  const requests = fc.array(
    fc.record({ points: fc.integer({ min: 1, max: 1000 }), pause: fc.integer({ min: 0, max: 30_000 }) }),
    { minLength: 1, maxLength: 100 },
  );
  fc.assert(
    fc.property(requests, fc.integer({ min: 1, max: 5000 }), (all, perMinute) => {
      let allowance: Allowance | undefined;
      let now = 0;
      const granted: { at: number; points: number }[] = [];
      for (const { points, pause } of all) {
        now += pause;
        const { left, wait } = spend(allowance, { perMinute, points, now });
        allowance = left;
        if (wait === 0) granted.push({ at: now, points });
      }
      for (const [i, first] of granted.entries()) {
        const window = granted.slice(i).filter(({ at }) => at < first.at + 60_000);
        const sum = window.reduce((total, { points }) => total + points, 0);
        expect(sum).toBeLessThanOrEqual(2 * perMinute + 1000);
      }
    }),
  );
});

test("whoever comes again after the time that was told is granted", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 1, max: 1000 }),
      fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 20 }),
      (perMinute, points, before) => {
        let allowance: Allowance | undefined;
        for (const each of before) allowance = spend(allowance, { perMinute, points: each, now: 0 }).left;
        const { left, wait } = spend(allowance, { perMinute, points, now: 0 });
        if (wait > 0) expect(spend(left, { perMinute, points, now: wait * 1000 }).wait).toBe(0);
      },
    ),
    // 9 / 60,000 a millisecond, for 140 s, is not 21.
    { examples: [[9, 9, [21]]] },
  );
});

test("a quota of nothing grants nothing, and a batch beyond a minute's quota is granted once a minute was waited for", () => {
  expect(spend(undefined, { perMinute: 0, points: 1, now: 0 }).wait).toBe(60);
  const first = spend(undefined, { perMinute: 10, points: 1000, now: 0 });
  expect(first.wait).toBe(0);
  expect(spend(first.left, { perMinute: 10, points: 1, now: 60_000 }).wait).toBeGreaterThan(0);
});
