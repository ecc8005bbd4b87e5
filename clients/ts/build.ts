/**
 * Makes dist/: the client as JavaScript with its declarations, and its own copy of the generated code. npm runs it before
 * it packs.
 */
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";

const here = new URL(".", import.meta.url).pathname;
const root = join(here, "../..");
const dist = join(here, "dist");

rmSync(dist, { recursive: true, force: true });
execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", here, "--noEmit", "false"], {
  // npm reads what it packs from standard output.
  stdio: ["ignore", process.stderr, process.stderr],
});
for (const packages of ["mlflow", "loggia", "scalapb"])
  cpSync(join(root, "gen", packages), join(dist, "gen", packages), { recursive: true });
