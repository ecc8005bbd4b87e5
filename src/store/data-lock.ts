/** One process per data directory: a file that names the process which uses it, and what for. */
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A `server` stays; a `command` ends by itself within moments. */
export type Purpose = "server" | "command";

/** Another living process has the data directory. */
export class DataDirectoryInUse extends Error {
  readonly purpose: Purpose;

  constructor(directory: string, pid: string, purpose: Purpose) {
    const holder = purpose === "command" ? "loggia command" : "running loggia";
    super(`the data directory ${directory} is in use by another ${holder} (process ${pid})`);
    this.purpose = purpose;
  }
}

/**
 * Takes the data directory for this process until `release`, or until the process ends, however it ends.
 *
 * @throws DataDirectoryInUse when another living process has it.
 */
export async function lockDataDirectory(
  directory: string,
  purpose: Purpose = "server",
): Promise<{ release(): Promise<void> }> {
  const path = join(directory, "loggia.pid");
  const mine = `${process.pid} ${await startOf(process.pid)} ${purpose}\n`;
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, mine, { mode: 0o600 });
  try {
    for (;;) {
      // A link appears whole and only if there is none: a reader never sees a file without its content.
      const taken = await link(draft, path).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code !== "EEXIST") throw error;
          return false;
        },
      );
      if (taken) break;
      const holder = await readFile(path, "utf8").catch(() => "");
      const [pid, start, held] = holder.trim().split(" ");
      if (pid !== undefined && pid !== "" && (await startOf(Number(pid))) === start)
        throw new DataDirectoryInUse(directory, pid, held === "command" ? "command" : "server");
      await rm(path, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
  return { release: () => rm(path, { force: true }) };
}

/**
 * When a process started, in the system's own terms, so that a number which was given again to another process (after
 * a reboot, or in a container where it is always 1) is not taken for the old one. "gone" when there is none.
 */
async function startOf(pid: number): Promise<string> {
  if (process.platform === "linux") {
    try {
      // Field 22 of /proc/<pid>/stat; the second is the name in parentheses and may hold spaces.
      const stat = await readFile(`/proc/${pid}/stat`, "utf8");
      const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
      return `${boot.trim()}/${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
    } catch {
      return "gone";
    }
  }
  try {
    process.kill(pid, 0);
    return "running";
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM" ? "running" : "gone";
  }
}
