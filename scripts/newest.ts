import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** What is made of the sources beside them, and what is installed. */
const isMade = (name: string) => /^(?:dist(?:-\d+)?|node_modules)$/.test(name);

/** When something at or below `path` was last changed, in milliseconds; a folder changes when a file in it comes or goes. */
export function newest(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  const names = readdirSync(path);
  const below = names.filter((name) => !isMade(name)).map((name) => newest(join(path, name)));
  // A build changes the folder that it is made in.
  return Math.max(...below, names.some(isMade) ? 0 : stats.mtimeMs);
}
