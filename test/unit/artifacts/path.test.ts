import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { artifactPath, directoryPath, joinPath, ownArtifactPath } from "../../../src/artifacts/path.ts";
import { LoggiaError } from "../../../src/errors.ts";

const reason = (path: string) => {
  try {
    artifactPath(path, "path");
  } catch (error) {
    if (error instanceof LoggiaError && error.code === "INVALID_PARAMETER_VALUE") return error.message;
    throw error;
  }
  return undefined;
};

describe("an artifact path", () => {
  it.each(
    [
      "model.pkl",
      "a/b/c/d.txt",
      "0/0190f3a3e5f27c3bb0b2f7d3a1c4e5f6/artifacts/model/MLmodel",
      "with space/and+plus.txt",
      "50% off.txt",
      "100%.txt",
      "a;b/c;.txt",
      "...",
      "..a",
      ".hidden/.x",
      "日本語/файл-ö.txt",
      "🦊.png",
      "quote'\"s.txt",
      "query?.txt",
    ].filter((path) => path !== "c:"),
  )("may be %j", (path) => {
    expect(artifactPath(path, "path")).toBe(path);
  });

  it.each([
    ["", "the artifact path is empty"],
    ["/etc/passwd", "an artifact path is relative"],
    ["C:/Windows", "an artifact path is relative"],
    ["c:x", "an artifact path is relative"],
    ["..", "an artifact path has no segments '.' or '..'"],
    ["a/../../b", "an artifact path has no segments '.' or '..'"],
    ["a/./b", "an artifact path has no segments '.' or '..'"],
    ["a/..;/b", "an artifact path has no segments '.' or '..'"],
    ["a/..;x=1/b", "an artifact path has no segments '.' or '..'"],
    ["a//b", "an artifact path has no empty segments"],
    ["a/", "an artifact path has no empty segments"],
    ["a\\b", "an artifact path does not contain '\\'"],
    ["..\\..\\x", "an artifact path does not contain '\\'"],
    ["a#/../b", "an artifact path does not contain '#'"],
    ["%2e%2e/x", "an artifact path does not contain '%2e'"],
    ["%2F", "an artifact path does not contain '%2F'"],
    ["a\0b", "an artifact path does not contain control characters"],
    ["a\nb", "an artifact path does not contain control characters"],
    ["a\x7fb", "an artifact path does not contain control characters"],
    ["a\u0085b", "an artifact path does not contain control characters"],
    ["a\ud800b", "the artifact path is not well-formed Unicode"],
    ["ö".repeat(128), "each segment of an artifact path has at most 255 bytes in UTF-8"],
    [`${"abcdefg/".repeat(128)}x`, "an artifact path has at most 1024 bytes in UTF-8"],
  ])("may not be %j", (path, why) => {
    expect(reason(path)).toBe(`Invalid value for parameter 'path': ${why}.`);
  });

  it("may have 1024 bytes, and 255 in a segment", () => {
    const path = `${Array(4).fill("x".repeat(255)).join("/")}/y`;
    expect(Buffer.byteLength(path)).toBe(1025);
    expect(reason(path)).toContain("1024 bytes");
    expect(artifactPath(path.slice(1), "path")).toBe(path.slice(1));
  });

  it("is the same in both of Unicode's spellings, for macOS hands out decomposed names", () => {
    expect(artifactPath("Gru\u0308n/a\u0301.txt", "path")).toBe("Gr\u00fcn/\u00e1.txt");
  });

  it("cannot be made to climb by normalisation: a Greek question mark becomes a semicolon", () => {
    expect(reason("a/..\u037e/b")).toContain("'..'");
  });

  it("is always its own canonical form, relative and without a way up", () => {
    const segment = fc.oneof(fc.string(), fc.constantFrom("..", ".", "", "%2e", "..;", "a"));
    fc.assert(
      fc.property(
        fc.array(segment).map((all) => all.join("/")),
        (text) => {
          if (reason(text) !== undefined) return;
          const path = artifactPath(text, "path");
          expect(artifactPath(path, "path")).toBe(path);
          expect(
            new URL(path.split("/").map(encodeURIComponent).join("/"), "http://h/root/").pathname,
          ).toMatch(/^\/root\/./);
        },
      ),
    );
  });
});

describe("a directory's path", () => {
  it("may be the root, and may end in slashes", () => {
    expect(directoryPath("", "path")).toBe("");
    expect(directoryPath("a/b/", "path")).toBe("a/b");
    expect(directoryPath("a//", "path")).toBe("a");
  });

  it.each(["/", "/etc", "..", "a/../b", "//"])("may not be %j", (path) => {
    expect(() => directoryPath(path, "path")).toThrow("Invalid value for parameter 'path'");
  });

  it("is trimmed in linear time", () => {
    const start = performance.now();
    expect(() => directoryPath(`${"/".repeat(200_000)}x`, "path")).toThrow();
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it("joins with what is below it, also when either is the root", () => {
    expect([joinPath("", "b"), joinPath("a", ""), joinPath("a", "b"), joinPath("", "")]).toEqual([
      "b",
      "a",
      "a/b",
      "",
    ]);
  });
});

describe("a location", () => {
  it.each([
    ["mlflow-artifacts:/0/r/artifacts", "0/r/artifacts"],
    ["mlflow-artifacts:0/r/artifacts", "0/r/artifacts"],
    ["mlflow-artifacts:///0/r/artifacts", "0/r/artifacts"],
    ["mlflow-artifacts:/", ""],
    ["mlflow-artifacts:/my data/r/artifacts/", "my data/r/artifacts"],
  ])("%s is ours", (uri, path) => {
    expect(ownArtifactPath(uri)).toBe(path);
  });

  it.each([
    "s3://bucket/0/r/artifacts",
    "mlflow-artifacts://other.example/0/r/artifacts",
    "mlflow-artifacts:////etc/passwd",
    "mlflow-artifacts:/../../etc",
    "mlflow-artifacts:/%2e%2e/etc",
    "mlflow-artifacts:/a#/../b",
    "file:///etc",
    "/etc",
    "//proc/self/root",
    "http:///#/../../etc",
    "",
    "MLFLOW-ARTIFACTS",
  ])("%j is not ours to open", (uri) => {
    expect(ownArtifactPath(uri)).toBeUndefined();
  });
});
