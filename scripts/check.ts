/** `npm run check`: everything that needs no running server. Prints what each tool says; exits 1 when one of them objects. */
import { spawnSync } from "node:child_process";

const checks: [what: string, command: string, ...args: string[]][] = [
  ["format and lint", "biome", "check", "--error-on-warnings", "."],
  ["types", "tsc", "--noEmit"],
  ["types of the TypeScript client", "tsc", "--noEmit", "-p", "clients/ts"],
  ["types of the pages", "tsc", "--noEmit", "--project", "web"],
  ["proto lint", "buf", "lint"],
  ["proto format", "buf", "format", "--diff", "--exit-code"],
  ["proto compatibility with MLflow 1.28", "buf", "breaking", "--against", "proto/mlflow-1.28.binpb"],
  ["generated code is current", "scripts/run", "scripts/generate.ts", "--verify"],
];

const bin = new URL("../node_modules/.bin", import.meta.url).pathname;
const root = new URL("..", import.meta.url).pathname;
let failed = 0;
for (const [what, command, ...args] of checks) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, PATH: `${bin}:${root}:${process.env.PATH}` },
  });
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${what}`);
  if (status === 0) continue;
  failed++;
  console.log(`${stdout}${stderr}`.trimEnd());
}
process.exitCode = failed === 0 ? 0 : 1;
