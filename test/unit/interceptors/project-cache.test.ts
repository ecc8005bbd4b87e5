import { expect, test, vi } from "vitest";
import { rememberedProjects } from "../../../src/interceptors/project-cache.ts";

test("calls that ask at the same time share a lookup, and later ones its outcome", async () => {
  const find = vi.fn(async () => 7n);
  const projects = rememberedProjects(find);
  expect(await Promise.all([projects("a"), projects("a")])).toEqual([7n, 7n]);
  expect(await projects("a")).toBe(7n);
  expect(find.mock.calls).toEqual([["a"]]);
});

test("a project that was not found is there as soon as it is made", async () => {
  let made: bigint | undefined;
  const projects = rememberedProjects(async () => made);
  expect(await projects("a")).toBeUndefined();
  made = 8n;
  expect(await projects("a")).toBe(8n);
});

test("a failed lookup fails its callers and is not remembered", async () => {
  let away = true;
  const projects = rememberedProjects(async () => {
    if (away) throw new Error("away");
    return 9n;
  });
  await expect(projects("a")).rejects.toThrow("away");
  away = false;
  expect(await projects("a")).toBe(9n);
});

test("a project is looked up again after ten seconds", async () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  try {
    const find = vi.fn(async () => 7n);
    const projects = rememberedProjects(find);
    await projects("a");
    now.mockReturnValue(9_999);
    await projects("a");
    expect(find).toHaveBeenCalledTimes(1);
    now.mockReturnValue(10_000);
    await projects("a");
    expect(find).toHaveBeenCalledTimes(2);
  } finally {
    now.mockRestore();
  }
});
