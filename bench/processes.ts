/** What the kernel counts about processes; Linux only (/proc), like the benchmark itself. */
import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks per second of /proc: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

interface Stat {
  parent: number;
  /** Ticks of processor time, user and system: of the process, and of its children that have ended. */
  own: number;
  ended: number;
}

function stat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command's name, in parentheses, may hold anything.
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    return { parent, own: user + system, ended: endedUser + endedSystem };
  } catch {
    return undefined; // ended meanwhile
  }
}

/** A process and all that descend from it. */
export function tree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = stat(Number(name))?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** Milliseconds of processor time that a tree of processes has used, those that have ended included. */
export function cpuMilliseconds(root: number): number {
  for (;;) {
    const ended = stat(root)?.ended;
    const ticks = tree(root).map((pid) => {
      const counted = stat(pid);
      return counted === undefined ? 0 : counted.own + counted.ended;
    });
    // A child that ended meanwhile is counted twice or not at all.
    if (stat(root)?.ended === ended)
      return (ticks.reduce((sum, one) => sum + one, 0) * 1000) / ticksPerSecond;
  }
}

/** Resident memory of a tree of processes, in MiB; pages that two of them share count twice. */
export function residentMiB(root: number): number {
  const kib = tree(root).map((pid) => {
    try {
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return kib.reduce((sum, one) => sum + one, 0) / 1024;
}
