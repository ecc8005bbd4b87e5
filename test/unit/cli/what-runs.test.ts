import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";

const program = new URL("../../../bin/loggia", import.meta.url).pathname;

/** A checkout whose scripts/run only says what it is to run. */
const root = mkdtempSync(join(tmpdir(), "what-runs-"));
afterAll(() => rmSync(root, { recursive: true }));

const seconds = 1_000_000_000;

/** Leaves a file that was last changed at a time of seconds; the folder that it is in is as old as all folders. */
function leave(file: string, at: number, text = ""): void {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  utimesSync(path, at, at);
  utimesSync(dirname(path), seconds, seconds);
}

beforeEach(() => {
  rmSync(root, { recursive: true });
  leave("scripts/run", seconds, '#!/bin/sh\necho "$@"\n');
  chmodSync(join(root, "scripts/run"), 0o755);
  leave("bin/loggia", seconds);
  copyFileSync(program, join(root, "bin/loggia"));
  leave("src/store/runs.ts", seconds);
  leave("gen/runs_pb.js", seconds);
  leave("package.json", seconds);
  utimesSync(join(root, "src"), seconds, seconds);
});

const run = () => execFileSync(join(root, "bin/loggia"), ["serve", "--port", "1"], { encoding: "utf8" });
const sources = "src/main.ts serve --port 1\n";

test("without a build the sources run", () => {
  expect(run()).toBe(sources);
});

test("a build that is newer than all sources runs", () => {
  leave("dist/server/main.js", seconds + 1);
  expect(run()).toBe("dist/server/main.js serve --port 1\n");
});

test.each(["src/store/runs.ts", "gen/runs_pb.js", "package.json"])(
  "the sources run once %s has changed",
  (file) => {
    leave("dist/server/main.js", seconds + 1);
    leave(file, seconds + 2);
    expect(run()).toBe(sources);
  },
);

test("the sources run once one of them has gone", () => {
  leave("dist/server/main.js", seconds + 1);
  rmSync(join(root, "src/store/runs.ts"));
  expect(run()).toBe(sources);
});
