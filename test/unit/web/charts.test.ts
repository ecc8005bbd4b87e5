import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csv } from "../../../web/src/charts/csv.ts";
import { keyed, moved, zoomed } from "../../../web/src/charts/keyboard.ts";
import { countOf, heights, lineOf } from "../../../web/src/charts/lines.ts";
import { groupsOf } from "../../../web/src/charts/metric-groups.ts";
import { lookAt, placesOf } from "../../../web/src/charts/palette.ts";
import {
  bucketsFor,
  detailed,
  type History,
  nanWithin,
  type Point,
  pointsOf,
  stepsOf,
} from "../../../web/src/charts/points.ts";
import { beside, nearest, readAt } from "../../../web/src/charts/reading.ts";
import { numberOf, scaleOf } from "../../../web/src/charts/scale.ts";
import { parseSettings, printSettings } from "../../../web/src/charts/settings.ts";
import { smooth } from "../../../web/src/charts/smoothing.ts";
import { logTicks, ticks } from "../../../web/src/charts/ticks.ts";

const point = (step: number, value: number, time = step * 1000): Point => ({ step, time, value });
const history = (runId: string, points: Point[], more: Partial<History> = {}): History => ({
  runId,
  metric: "loss",
  points,
  count: points.length,
  isSampled: false,
  nanCount: 0,
  nanWithin: [],
  ...more,
});
const line = (id: string, points: Point[], smoothing = 0) =>
  lineOf({ id, name: id, look: lookAt(0) }, history(id, points), { axis: "step", start: 0, smoothing });

describe("the points of a sample", () => {
  it("are the first, the least, the greatest and the last of each bucket, in order and once", () => {
    const [first, min, max, last] = [point(0, 5), point(3, -7), point(2, 90), point(7, 4)];
    const alone = point(8, 1);
    expect(
      pointsOf([
        { first, min, max, last, count: 8, nanCount: 0 },
        { first: alone, min: alone, max: alone, last: alone, count: 1, nanCount: 0 },
      ]),
    ).toEqual([first, max, min, last, alone]);
  });

  it("are there where every value is NaN", () => {
    const [first, last] = [point(0, Number.NaN), point(3, Number.NaN)];
    expect(pointsOf([{ first, last, count: 4, nanCount: 4 }])).toEqual([first, last]);
  });

  it("do not hide NaN that is neither first nor last: its bucket is marked in the middle", () => {
    const [first, last] = [point(8, 1), point(14, 2)];
    const ends = { first: point(0, Number.NaN), last: point(6, 1) };
    expect(
      nanWithin([
        { ...ends, min: ends.last, max: ends.last, count: 7, nanCount: 1 },
        { first, last, min: first, max: last, count: 7, nanCount: 2 },
      ]),
    ).toEqual([point(11, Number.NaN)]);
  });

  it("go on as they were outside of what is drawn in detail", () => {
    const overview = history("a", [point(0, 1), point(10, 2), point(20, 3)], { count: 500, isSampled: true });
    const detail = history("a", [point(9, 8), point(10, 2), point(11, 9)]);
    const drawn = detailed(overview, detail, { from: 9, to: 11 });
    expect(drawn.points.map(({ step }) => step)).toEqual([0, 9, 10, 11, 20]);
    expect(drawn).toMatchObject({ count: 3, isSampled: false });
  });

  it("of a range of time are asked for by the steps around it", () => {
    const histories = [{ points: [point(0, 1), point(5, 1), point(9, 1), point(12, 1)], start: 0 }];
    expect(stepsOf({ from: 4000, to: 9500 }, "time", histories)).toEqual({ from: 0, to: 12 });
    expect(stepsOf({ from: 6000, to: 7000 }, "relative", histories)).toEqual({ from: 5, to: 9 });
    expect(stepsOf({ from: 13_000, to: 14_000 }, "time", histories)).toBeUndefined();
    expect(stepsOf({ from: 2.4, to: 7.1 }, "step", histories)).toEqual({ from: 2, to: 8 });
  });

  it("are never asked for in more buckets than the server gives", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 100 }), (width, runs) => {
        const buckets = bucketsFor(width, runs);
        expect(buckets).toBeGreaterThanOrEqual(1);
        expect(buckets).toBeLessThanOrEqual(2000);
        expect(buckets * runs).toBeLessThanOrEqual(25_000);
      }),
    );
  });
});

describe("smoothing", () => {
  /** TensorBoard's own loop: last = last·w + (1 − w)·value, divided by 1 − wⁿ. */
  const tensorBoard = (values: number[], weight: number) => {
    let last = 0;
    return values.map((value, n) => {
      last = last * weight + (1 - weight) * value;
      return last / (1 - weight ** (n + 1));
    });
  };

  it("is TensorBoard's where points are evenly spaced", () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    const found = smooth(
      values.map((_, at) => at * 10),
      values,
      0.6,
    );
    for (const [at, value] of tensorBoard(values, 0.6).entries()) expect(found[at]).toBeCloseTo(value, 12);
  });

  it("changes nothing of what is the same everywhere, keeps NaN a gap, and goes on after it", () => {
    expect(smooth([0, 1, 5], [2, 2, 2], 0.9).map((value) => value.toFixed(9))).toEqual(
      Array(3).fill("2.000000000"),
    );
    const found = smooth([0, 1, 2], [1, Number.NaN, 3], 0.5);
    expect(found[1]).toBeNaN();
    expect(found[2]).toBeGreaterThan(1);
    expect(found[2]).toBeLessThan(3);
  });

  it("is off at a weight of 0", () => expect(smooth([0, 1], [1, 9], 0)).toEqual([1, 9]));
});

describe("the marks of an axis", () => {
  it.each([
    [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0.1, 0.35, 5, [0.1, 0.15, 0.2, 0.25, 0.3, 0.35]],
    [-3, 12, 3, [0, 5, 10]],
    [7, 7, 5, [7]],
  ])("from %d to %d are round", (from, to, count, wanted) => expect(ticks(from, to, count)).toEqual(wanted));

  it("are powers of ten on a log scale, others between them where there is room, and plain ones within one power", () => {
    expect(logTicks(2e-4, 300, 10)).toEqual([0.001, 0.01, 0.1, 1, 10, 100]);
    expect(logTicks(2, 8, 3)).toEqual([2, 4, 6, 8]);
    expect(logTicks(0.02, 1.2, 8)).toEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1]);
  });

  it("are within it, whatever it is", () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(number, number, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const slack = (to - from) * 1e-6;
        for (const mark of ticks(from, to, 5)) {
          expect(mark).toBeGreaterThanOrEqual(from - slack);
          expect(mark).toBeLessThanOrEqual(to + slack);
        }
      }),
    );
  });
});

describe("what is drawn", () => {
  it("counts what was left out and what has no place on the scale", () => {
    const points = [1, Number.NaN, Number.POSITIVE_INFINITY, 0, -2].map((value, step) => point(step, value));
    const whole = history("a", points);
    const all = { from: 0, to: 4 };
    expect(countOf([whole], [line("a", points)], all, false)).toEqual({
      drawn: 5,
      all: 5,
      isSampled: false,
      nan: 1,
      over: 1,
      under: 0,
    });
    expect(countOf([whole], [line("a", points)], all, true)).toMatchObject({ under: 2 });
    const sample = history("a", points, { count: 900, isSampled: true, nanCount: 41 });
    expect(countOf([sample], [line("a", points)], all, false)).toMatchObject({ drawn: 5, all: 900, nan: 41 });
  });

  it("has room for every finite value within the range, for the raw one of a smoothed line too", () => {
    const spiky = line("a", [point(0, 1), point(1, 50), point(2, 1), point(9, -99)], 0.9);
    expect(heights([spiky], { from: 0, to: 2 }, false)).toEqual({ from: 1, to: 50 });
    expect(heights([line("b", [point(0, Number.NaN)])], { from: 0, to: 2 }, false)).toBeUndefined();
  });

  it("is in the order of time where clocks went back", () => {
    const points = [point(0, 1, 500), point(1, 2, 100)];
    const { xs, values } = lineOf({ id: "a", name: "a", look: lookAt(0) }, history("a", points), {
      axis: "relative",
      start: 100,
      smoothing: 0,
    });
    expect([xs, values]).toEqual([
      [0, 400],
      [2, 1],
    ]);
  });
});

describe("reading a place", () => {
  const lines = [
    line("low", [point(0, 1), point(10, 2)]),
    line("high", [point(0, 5), point(9, 7)]),
    line("none", [point(0, Number.NaN), point(10, Number.NaN)]),
  ];

  it("has every run, the greatest first and NaN last, and says which has its point elsewhere", () => {
    const found = readAt(lines, 9.8, 1);
    expect(found?.x).toBe(10);
    expect(found?.rows.map(({ line, point, isNear }) => [line.id, point.value, isNear])).toEqual([
      ["high", 7, true],
      ["low", 2, false],
      ["none", Number.NaN, false],
    ]);
  });

  it("leaves out a run that has nothing near", () => {
    expect(readAt(lines, 10, 0.5)?.rows.map(({ line }) => line.id)).toEqual(["low", "none"]);
  });

  it("finds the nearest of an ascending list, the last of equal ones", () => {
    const places = fc.array(fc.integer({ min: -50, max: 50 })).map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(places, fc.integer({ min: -60, max: 60 }), (xs, x) => {
        const at = nearest(xs, x);
        if (xs.length === 0) {
          expect(at).toBe(-1);
          return;
        }
        const distance = Math.abs((xs[at] ?? 0) - x);
        expect(distance).toBe(Math.min(...xs.map((other) => Math.abs(other - x))));
        expect(xs[at + 1]).not.toBe(xs[at]);
      }),
    );
  });
});

describe("the box with what is read", () => {
  const chart = { from: 0, to: 400 };

  it("stands on the wanted side of the place while it is seen there whole, else on the other", () => {
    expect(beside(100, 150, true, chart)).toBe(112);
    expect(beside(300, 150, false, chart)).toBe(138);
    expect(beside(390, 150, true, chart)).toBe(228);
    expect(beside(100, 150, false, chart)).toBe(112);
  });

  it("is never cut off where there is room for it at all", () => {
    const pixels = fc.integer({ min: 0, max: 400 });
    fc.assert(
      fc.property(pixels, pixels, fc.boolean(), (at, width, isRight) => {
        const left = beside(at, width, isRight, chart);
        expect(left).toBeGreaterThanOrEqual(0);
        expect(left + width).toBeLessThanOrEqual(400);
      }),
    );
  });
});

describe("the keys of a chart", () => {
  const whole = { from: 0, to: 100 };
  const now = { range: whole, whole, at: undefined, places: () => [0, 10, 50, 100] };
  const press = (key: string, more = {}) =>
    keyed({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more }, now);

  it("zoom around what is read, and back to all of it", () => {
    expect(press("+")).toEqual({ zoom: { from: 25, to: 75 } });
    expect(zoomed({ from: 25, to: 75 }, 50, 2, whole)).toBeUndefined();
    expect(press("0")).toEqual({ zoom: undefined });
  });

  it("never zoom between two neighbouring steps", () =>
    expect(zoomed({ from: 4, to: 5 }, 4.5, 0.5, whole)).toEqual({ from: 4, to: 5 }));

  it("move along, not beyond the ends", () => {
    expect(moved({ from: 20, to: 40 }, 0.25, whole)).toEqual({ from: 25, to: 45 });
    expect(moved({ from: 70, to: 95 }, 1, whole)).toEqual({ from: 75, to: 100 });
  });

  it("go from point to point", () => {
    expect(press("ArrowRight")).toEqual({ at: 0 });
    expect(press("End")).toEqual({ at: 100 });
    expect(press("x")).toBeUndefined();
    expect(press("c", { ctrlKey: true })).toBeUndefined();
  });
});

describe("the colours of runs", () => {
  const tokens = readFileSync(new URL("../../../web/src/design/tokens.css", import.meta.url), "utf8");
  const token = (name: string) => {
    const [, light = "", dark = ""] =
      new RegExp(`--${name}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(tokens) ?? [];
    return { light, dark };
  };
  const themes = ["light", "dark"] as const;
  const colours = (theme: "light" | "dark") =>
    [1, 2, 3, 4, 5, 6, 7, 8].map((number) => token(`run-${number}`)[theme]);

  type Triple = [number, number, number];
  const linear = (hex: string) =>
    [1, 3, 5].map((at) => {
      const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    }) as Triple;
  const luminance = (hex: string) => {
    const [r, g, b] = linear(hex);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string) => {
    const [bright = 0, dim = 0] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (bright + 0.05) / (dim + 0.05);
  };

  it.each(themes)("are 3:1 on the ground of the %s theme", (theme) => {
    for (const colour of colours(theme))
      expect(contrast(colour, token("surface")[theme]), colour).toBeGreaterThanOrEqual(3);
  });

  /** Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB. */
  const deficiencies: Record<string, [Triple, Triple, Triple]> = {
    none: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    protanopia: [
      [0.152286, 1.052583, -0.204868],
      [0.114503, 0.786281, 0.099216],
      [-0.003882, -0.048116, 1.051998],
    ],
    deuteranopia: [
      [0.367322, 0.860646, -0.227968],
      [0.280085, 0.672501, 0.047413],
      [-0.01182, 0.04294, 0.968881],
    ],
    tritanopia: [
      [1.255528, -0.076749, -0.178779],
      [-0.078411, 0.930809, 0.147602],
      [0.004733, 0.691367, 0.3039],
    ],
  };
  /** Ottosson's Oklab; a distance of 0.02 is just noticeable. */
  const oklab = ([r, g, b]: Triple): Triple => {
    const root = (x: number) => Math.cbrt(Math.max(0, x));
    const l = root(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const m = root(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const s = root(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return [
      0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
      1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
      0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    ];
  };
  const seen = (hex: string, matrix: [Triple, Triple, Triple]) => {
    const [r, g, b] = linear(hex);
    return oklab(matrix.map(([x, y, z]) => x * r + y * g + z * b) as Triple);
  };
  const distance = (a: Triple, b: Triple) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

  it.each(themes.flatMap((theme) => Object.keys(deficiencies).map((eye) => [theme, eye] as const)))(
    "are told apart in the %s theme by eyes with %s",
    (theme, eye) => {
      const matrix = deficiencies[eye];
      if (matrix === undefined) throw new Error(eye);
      const all = colours(theme);
      for (const [i, a] of all.entries())
        for (const b of all.slice(i + 1))
          expect(distance(seen(a, matrix), seen(b, matrix)), `${a} ${b}`).toBeGreaterThan(0.06);
    },
  );

  it("go with a dash when they begin anew, so that fifty runs are all different", () => {
    const looks = Array.from({ length: 50 }, (_, at) => JSON.stringify(lookAt(at)));
    expect(new Set(looks).size).toBe(50);
  });

  it("stay with a run while others come and go", () => {
    const before = placesOf(["a", "b", "c"], new Map());
    const after = placesOf(["c", "d", "a"], before);
    expect([...after]).toEqual([
      ["c", 2],
      ["a", 0],
      ["d", 1],
    ]);
  });
});

it("quotes what a CSV must, and writes every digit", () => {
  expect(
    csv([
      ["run", "value"],
      ['a,"b"\n', 0.1 + 0.2],
      ["", Number.NaN],
    ]),
  ).toBe('run,value\r\n"a,""b""\n",0.30000000000000004\r\n,NaN\r\n');
});

it("groups metrics by their prefix and finds them by any part of the name", () => {
  expect(groupsOf(["loss", "train/b10", "train/b9", "val/a/b", "/odd"])).toEqual([
    { prefix: "", metrics: ["/odd", "loss"] },
    { prefix: "train", metrics: ["train/b9", "train/b10"] },
    { prefix: "val", metrics: ["val/a/b"] },
  ]);
  expect(groupsOf(["loss", "train/b9"], " B9 ")).toEqual([{ prefix: "train", metrics: ["train/b9"] }]);
});

describe("the scale of a column", () => {
  it("is one of numbers where all are numbers, and tells large ratios apart on a log scale", () => {
    const scale = scaleOf(["0.0001", "0.01", "1", undefined]);
    expect(scale.isLog).toBe(true);
    expect(scale.at("0.01")).toBeCloseTo(0.5, 9);
    expect(scale.at("-1")).toBeUndefined();
    expect(scaleOf([1, 2, Number.NaN]).isLog).toBe(false);
  });

  it("has a place for each text otherwise", () => {
    const scale = scaleOf(["tree", "10", "forest"]);
    expect(scale.marks.map(({ text }) => text)).toEqual(["10", "forest", "tree"]);
    expect(scale.at("other")).toBeUndefined();
  });

  it.each([
    ["1e-3", 0.001],
    ["inf", Number.POSITIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    ["", undefined],
    ["0x", undefined],
  ])("reads %s as a client wrote it", (text, wanted) => expect(numberOf(text)).toBe(wanted));
});

it("keeps in an address what was chosen, whatever the metric is called", () => {
  const chosen = {
    axis: "relative" as const,
    smoothing: 0.6,
    isLog: true,
    zoom: { from: -5, to: 1200 },
    find: "loss",
    wide: ["a,b/c%", "d"],
    hidden: ["x"],
  };
  expect(parseSettings(printSettings(chosen))).toEqual(chosen);
  expect(parseSettings({ zoom: "9:1", smooth: "7", axis: "<b>" })).toMatchObject({
    zoom: undefined,
    smoothing: 0,
    axis: "step",
  });
});
