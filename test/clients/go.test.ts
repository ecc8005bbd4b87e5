import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Served, serve } from "../support/process.ts";
import { testServer } from "../support/server.ts";

/** The Go client against the real program: its own tests, and its README followed as a newcomer would. */

const root = fileURLToPath(new URL("../../", import.meta.url));
const home = join(root, "clients/go");

/** Runs Go. @returns its exit code and all that it printed. */
function go(cwd: string, env: Record<string, string>, ...args: string[]) {
  return new Promise<{ code: number; output: string }>((resolve, reject) => {
    execFile(
      "go",
      args,
      { cwd, env: { ...process.env, ...env }, maxBuffer: 64 << 20 },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code === "string") reject(error);
        else resolve({ code: Number(error?.code ?? 0), output: stdout + stderr });
      },
    );
  });
}

const closed = await testServer({ open: false });
let folder: string;
let server: Served;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "loggia-go-"));
  server = await serve(folder, "--data-dir", join(folder, "data"));
});
afterAll(async () => {
  await server.end("SIGTERM");
  await rm(folder, { recursive: true, force: true });
});

describe("the Go client", () => {
  it("is formatted and has nothing that go vet objects to", async () => {
    expect(await go(home, {}, "vet", "./...")).toEqual({ code: 0, output: "" });
    const { output } = await go(home, {}, "fmt", ".");
    expect(output).toBe("");
  });

  it("passes its tests", async () => {
    const env = {
      LOGGIA_TEST_SERVER: server.url,
      LOGGIA_TEST_CLOSED_SERVER: closed.url,
      LOGGIA_TEST_PROGRAM: join(root, "bin/loggia"),
    };
    const { code, output } = await go(home, env, "test", "-count=1", ".");
    expect(code, output).toBe(0);
    expect(output).toMatch(/^ok\s+loggia\.dev\/go/m);
  }, 600_000);

  it("does what its README says, in an empty folder", async () => {
    const readme = await readFile(join(home, "README.md"), "utf8");
    const programs = Array.from(
      readme.matchAll(/```go\n(package main[\s\S]*?)```/g),
      ([, text = ""]) => text,
    );
    expect(programs).toHaveLength(3);
    const printed: string[] = [];
    const logged = () => /logged run ([0-9a-f]{32})/.exec(printed[0] ?? "")?.slice(1) ?? [];
    for (const program of programs) {
      const empty = await mkdtemp(join(folder, "newcomer-"));
      await writeFile(join(empty, "main.go"), program);
      const done = async (env: Record<string, string>, ...args: string[]) => {
        const { code, output } = await go(empty, env, ...args);
        expect(code, output).toBe(0);
        return output;
      };
      await done({}, "mod", "init", "example.org/train");
      await done({}, "mod", "edit", "-replace", `loggia.dev/go=${home}`);
      await done({}, "mod", "tidy");
      printed.push(await done({ MLFLOW_TRACKING_URI: server.url }, "run", ".", ...logged()));
    }
    const [, found, watched] = printed;
    const [id] = logged();
    expect(found).toBe(
      `${id} from Go\nloggia: RESOURCE_DOES_NOT_EXIST: Run with id=${"0".repeat(32)} not found\n`,
    );
    expect(watched).toBe("loss 999 0.001\n");
    const answer = await fetch(
      `${server.url}/api/2.0/mlflow/metrics/get-history?run_id=${id}&metric_key=loss`,
    );
    expect(await answer.json()).toMatchObject({ metrics: { length: 1000 } });
  }, 600_000);
});
