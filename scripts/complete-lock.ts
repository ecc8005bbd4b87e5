/**
 * Adds to package-lock.json the optional packages of other platforms that npm left out because the registry in use does
 * not offer them; without them `npm ci` refuses the lock file. Run it after every `npm install`.
 */
import { readFileSync, writeFileSync } from "node:fs";

interface Entry {
  version?: string;
  license?: string;
  dev?: boolean;
  optionalDependencies?: Record<string, string>;
}

const file = new URL("../package-lock.json", import.meta.url);
const lock: { packages: Record<string, Entry> } = JSON.parse(readFileSync(file, "utf8"));
for (const [at, entry] of Object.entries(lock.packages)) {
  if (at === "") continue;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (key in lock.packages || `${at}/${key}` in lock.packages) continue;
    const platform = /-?(android|darwin|linux|win32)-([a-z0-9]+)(?:-(musl))?$/.exec(name);
    const [, os, cpu, libc] = platform ?? [];
    lock.packages[key] = {
      version,
      ...(cpu === undefined ? {} : { cpu: [cpu === "armv7" ? "arm" : cpu] }),
      ...(entry.dev ? { dev: true } : {}),
      ...(entry.license === undefined ? {} : { license: entry.license }),
      ...(libc === undefined ? {} : { libc: [libc] }),
      ...{ optional: true },
      ...(os === undefined ? {} : { os: [os] }),
    };
    console.log(`added ${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
