import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const document = readFileSync(new URL("docs/security.md", root), "utf8");

test("every test that docs/security.md names is there", () => {
  const named = new Set([...document.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path]) => path ?? ""));
  expect(named.size).toBeGreaterThan(15);
  expect([...named].filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
});

test("each of the fifteen classes has the test that its row names", () => {
  for (let number = 1; number <= 15; number++) {
    const row = document.match(new RegExp(`^\\| ${number} .*\`(test/api/[\\w-]+\\.test\\.ts)\` \\|$`, "m"));
    const test = readFileSync(new URL(row?.[1] ?? "", root), "utf8");
    expect(test).toMatch(new RegExp(`describe(\\.each\\(\\w+\\))?\\(\\s*"class ${number}, `));
  }
});
