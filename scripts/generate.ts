/**
 * `npm run generate`: everything below gen/ and clients/go/gen/ from its two sources, the protos (buf) and the migrations
 * (kysely-codegen on a freshly migrated Postgres). With --verify nothing is written and a difference is exit code 1.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../src/store/database.ts";
import { startEmbedded } from "../src/store/embedded.ts";
import { migrateToLatest } from "../src/store/migrate.ts";
import { ensureGoTools, goPlugins } from "./go-tools.ts";

const root = new URL("..", import.meta.url).pathname;
const bin = join(root, "node_modules/.bin");
const verify = process.argv.includes("--verify");
const plugins = ensureGoTools(goPlugins);
const scratch = mkdtempSync(join(tmpdir(), "loggia-generate-"));
const run = (command: string, ...args: string[]) =>
  execFileSync(join(bin, command), args, {
    cwd: root,
    // Kept for a failure only: kysely-codegen complains that TypeScript 7 has no compiler API, then does without it.
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, PATH: [bin, ...plugins, process.env.PATH].join(":") },
  });

const { connection, stop } = await startEmbedded({ dataDir: join(scratch, "data"), durable: false });
try {
  const { owner, close } = openDatabase({
    connection,
    poolSize: 1,
    namedStatements: false,
    statementTimeout: 60_000,
  });
  await migrateToLatest(owner);
  await close();
  run("buf", "generate", "--output", scratch);
  run("buf", "generate", "--template", "buf.gen.go.yaml", "--output", scratch);
  const url = `postgres://${connection.user}@localhost/${connection.database}?host=${encodeURIComponent(connection.host)}`;
  run("kysely-codegen", "--url", url, "--out-file", join(scratch, "gen/db.ts"));
  for (const folder of ["gen", "clients/go/gen"]) {
    const target = join(root, folder);
    if (verify) {
      execFileSync("diff", ["-r", target, join(scratch, folder)], { stdio: "inherit" });
    } else {
      rmSync(target, { recursive: true, force: true });
      cpSync(join(scratch, folder), target, { recursive: true });
    }
  }
} catch (error) {
  if (error instanceof Error && "stderr" in error && error.stderr !== null)
    console.error(String(error.stderr));
  console.error(
    verify
      ? "What is generated differs from its sources: run `npm run generate` and commit."
      : "Nothing was generated.",
  );
  process.exitCode = 1;
} finally {
  await stop();
  rmSync(scratch, { recursive: true, force: true });
}
