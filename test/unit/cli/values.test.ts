import { describe, expect, test } from "vitest";
import { exposure, namesOf, trackingUri } from "../../../src/cli/address.ts";
import { output } from "../../../src/cli/output.ts";
import { futureMoment, pastMoment } from "../../../src/cli/times.ts";
import { bytes, days, number, scopesOf } from "../../../src/cli/values.ts";
import { SettingError } from "../../../src/config.ts";

describe("times", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");

  test.each([
    ["90m", "2026-03-01T13:30:00.000Z"],
    ["12h", "2026-03-02T00:00:00.000Z"],
    ["30d", "2026-03-31T12:00:00.000Z"],
    ["2026-03-01", "2026-03-01T23:59:59.000Z"],
  ])("a token that expires %s ends at %s", (text, instant) => {
    expect(futureMoment("expires", text, now).toISOString()).toBe(instant);
  });

  test.each(["", "30", "soon", "-1d", "2026-02-30", "2026-13-01", "999999y", "1.5h"])(
    "%j is no time to come",
    (text) => {
      expect(() => futureMoment("expires", text, now)).toThrow(SettingError);
    },
  );

  test.each(["0d", "2026-02-28"])("%s is not in the future", (text) => {
    expect(() => futureMoment("expires", text, now)).toThrow(/--expires must be in the future/);
  });

  test.each([
    ["7d", "2026-02-22T12:00:00.000Z"],
    ["2026-01-31", "2026-01-31T00:00:00.000Z"],
    ["2026-01-31T10:00:00+02:00", "2026-01-31T08:00:00.000Z"],
  ])("since %s is since %s", (text, instant) => {
    expect(pastMoment("from", text, now).toISOString()).toBe(instant);
  });

  test.each(["yesterday", "2026", "2026-01-31 10:00", "999999y"])("%j is no time past", (text) => {
    expect(() => pastMoment("from", text, now)).toThrow(SettingError);
  });
});

describe("numbers", () => {
  test.each([
    ["0", 0n],
    ["1234", 1234n],
    ["5GB", 5_000_000_000n],
    ["5G", 5_000_000_000n],
    ["2MiB", 2_097_152n],
  ])("%s is %d bytes", (text, size) => {
    expect(bytes("quota-artifacts", text)).toBe(size);
  });

  test.each(["", "-1", "5 GB", "1e3", "GB", "5gb", "999999999999999999T"])("%j is no size", (text) => {
    expect(() => bytes("quota-artifacts", text)).toThrow(SettingError);
  });

  test("days have a d or none", () => {
    expect([days("retention", "30d"), days("retention", "0")]).toEqual([30, 0]);
    expect(() => days("retention", "1w")).toThrow(SettingError);
  });

  test("what is named by its number is not named by anything else", () => {
    expect(number("12", "a token")).toBe(12n);
    for (const text of ["0", "laptop", "1e3", ""])
      expect(() => number(text, "a token")).toThrow(SettingError);
  });

  test("scopes are named once each, and unknown ones are refused by name", () => {
    expect(scopesOf("read_api, write_runs,read_api")).toEqual(["read_api", "write_runs"]);
    expect(() => scopesOf("api,everything")).toThrow(/got "everything"/);
    expect(() => scopesOf("")).toThrow(SettingError);
  });
});

describe("who can reach the server", () => {
  const alone = { host: "127.0.0.1", publicUrl: undefined, allowedHosts: [], trustedProxies: [] };

  test.each([
    alone,
    { ...alone, host: "localhost" },
    { ...alone, host: "::1" },
    { ...alone, publicUrl: "http://localhost:5000" },
    { ...alone, allowedHosts: ["localhost:8080", "[::1]"] },
  ])("this machine alone: %j", (config) => {
    expect(exposure(config)).toBe(undefined);
  });

  test.each([
    [{ ...alone, host: "0.0.0.0" }, "it listens on 0.0.0.0"],
    [{ ...alone, host: "::" }, "it listens on ::"],
    [{ ...alone, host: "db.example.org" }, "it listens on db.example.org"],
    [{ ...alone, publicUrl: "https://ml.example.org" }, "it is served as https://ml.example.org"],
    [
      { ...alone, allowedHosts: ["localhost", "ml.example.org:443"] },
      "it goes by the name ml.example.org:443",
    ],
    [{ ...alone, trustedProxies: ["127.0.0.1"] }, "it stands behind the proxy 127.0.0.1"],
  ])("others: %j", (config, why) => {
    expect(exposure(config)).toBe(why);
  });

  test("the public URL is a name it goes by, and stands in tracking URIs", () => {
    const config = { ...alone, port: 5000, publicUrl: "https://ml.example.org/loggia" };
    expect(namesOf({ ...config, allowedHosts: ["ml"] })).toEqual(["ml", "ml.example.org"]);
    expect(trackingUri(config, 7n)).toBe("https://ml.example.org/loggia/api/v4/projects/7/ml/mlflow");
  });

  test.each([
    ["0.0.0.0", "http://localhost:80/api/v4/projects/1/ml/mlflow"],
    ["fe80::1", "http://[fe80::1]:80/api/v4/projects/1/ml/mlflow"],
  ])("listening on %s, clients are told %s", (host, uri) => {
    expect(trackingUri({ ...alone, host, port: 80 }, 1n)).toBe(uri);
  });
});

describe("what is printed", () => {
  const row = { id: 2n ** 60n, name: "\u001b[31mred\u202e\n", at: new Date(0), of: ["a", "b"], none: null };

  test("a table has aligned columns and nothing that moves the cursor", () => {
    const lines: string[] = [];
    output(false, (line) => lines.push(line)).rows([row, { ...row, id: 1n, name: "x" }], "none");
    expect(lines).toEqual([
      "                 ID  NAME                       AT                    OF   NONE",
      "1152921504606846976  \\u001b[31mred\\u202e\\u000a  1970-01-01T00:00:00Z  a,b  -",
      "                  1  x                          1970-01-01T00:00:00Z  a,b  -",
    ]);
  });

  test("JSON has exact numbers, times in ISO 8601, and null for what is absent", () => {
    let text = "";
    output(true, (line) => {
      text += line;
    }).card({ ...row, gone: undefined });
    expect(text).toContain('"id": 1152921504606846976,');
    expect(JSON.parse(text)).toMatchObject({ at: "1970-01-01T00:00:00.000Z", of: ["a", "b"], gone: null });
  });

  test("an empty list is a sentence for people and an empty array for programs", () => {
    for (const [json, printed] of [
      [false, "There are none."],
      [true, "[]"],
    ] as const) {
      const lines: string[] = [];
      output(json, (line) => lines.push(line)).rows([], "There are none.");
      expect(lines).toEqual([printed]);
    }
  });
});
