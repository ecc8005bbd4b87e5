import { expect, test } from "vitest";
import { backoff } from "../../../clients/ts/src/backoff.ts";
import { createLoggia, LoggiaError } from "../../../clients/ts/src/node.ts";
import { settingsOf } from "../../../clients/ts/src/settings.ts";

const fallback = "http://127.0.0.1:5000";
const of = (options: Parameters<typeof settingsOf>[0], environment = {}) =>
  settingsOf(options, environment, fallback);

test("without options and environment, it is the local server's default project", () => {
  expect(of({})).toEqual({
    baseUrl: fallback,
    token: undefined,
    project: undefined,
    protocol: "connect",
    timeout: 30_000,
  });
});

test.each([
  ["http://h:1", "http://h:1", undefined],
  ["http://h:1/", "http://h:1", undefined],
  ["https://h/prefix/", "https://h/prefix", undefined],
  ["https://h/api/v4/projects/7/ml/mlflow", "https://h", "7"],
  ["https://h/api/v4/projects/team%2Fvision/ml/mlflow/", "https://h", "team/vision"],
  ["https://h/gitlab/api/v4/projects/7/ml/mlflow", "https://h/gitlab", "7"],
])("%s is the server %s and the project %s, as option and from the environment", (uri, baseUrl, project) => {
  expect(of({ baseUrl: uri })).toMatchObject({ baseUrl, project });
  expect(of({}, { MLFLOW_TRACKING_URI: uri })).toMatchObject({ baseUrl, project });
});

test("an option wins over the address, and the address over the environment", () => {
  const environment = { MLFLOW_TRACKING_URI: "http://elsewhere", MLFLOW_TRACKING_TOKEN: "outer" };
  expect(of({ baseUrl: "http://u:pw@h", project: 9n, token: "t" }, environment)).toMatchObject({
    baseUrl: "http://h",
    project: "9",
    token: "t",
  });
  expect(of({ baseUrl: "http://h/api/v4/projects/7/ml/mlflow", project: "a/b" }).project).toBe("a/b");
  expect(of({}, environment)).toMatchObject({ baseUrl: "http://elsewhere", token: "outer" });
  expect(of({}, { MLFLOW_TRACKING_PASSWORD: "inner" }).token).toBe("inner");
  expect(of({}, { MLFLOW_TRACKING_URI: "http://u:p%40ss@h" })).toMatchObject({
    baseUrl: "http://h",
    token: "p@ss",
  });
});

test("what is of no use is refused at once, by its name", () => {
  expect(() => of({ baseUrl: "h:5000" })).toThrow("baseUrl must be an address");
  expect(() => of({}, { MLFLOW_TRACKING_URI: "sqlite:///x.db" })).toThrow("MLFLOW_TRACKING_URI must be");
  expect(() => of({ protocol: "rest" as never })).toThrow("protocol must be");
  expect(() => createLoggia({ protocol: "grpc", httpVersion: "1.1" })).toThrow("httpVersion must be 2");
});

test("pauses grow to ten seconds, are never the same, and never shorter than the server asks", () => {
  for (const [attempt, least, most] of [
    [0, 50, 100],
    [3, 400, 800],
    [40, 5_000, 10_000],
  ] as const) {
    const pauses = Array.from({ length: 100 }, () => backoff(attempt));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(most);
    expect(new Set(pauses).size).toBeGreaterThan(1);
  }
  expect(backoff(0, 3_000)).toBe(3_000);
});

test("what is thrown without a detail has a code as well", () => {
  expect(LoggiaError.from(new Error("?"))).toMatchObject({ code: "INTERNAL_ERROR", message: "?" });
});
