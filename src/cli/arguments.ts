/** The command line: which command, which flags. */
import { parseArgs } from "node:util";
import { fileSetting, SettingError, settings } from "../config.ts";
import { commands } from "./commands.ts";

export interface Arguments {
  /** Undefined: none was named. */
  command: string | undefined;
  /** What follows the command. */
  rest: string[];
  /** Switches that are on, and flags with a value, by name without dashes. */
  switches: ReadonlySet<string>;
  flags: Readonly<Record<string, string>>;
}

const valued = [...Object.values(settings).map((setting) => setting.flag), fileSetting.flag];
const everywhere = ["help", "version"];
const short: Record<string, string> = { h: "help", V: "version" };

/** @throws SettingError for a flag that does not exist or lacks its value, a command that does not exist. */
export function readArguments(argv: readonly string[]): Arguments {
  const switchNames = [
    ...everywhere,
    ...new Set(Object.values(commands).flatMap((one) => Object.keys(one.switches))),
  ];
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries([
      ...valued.map((name) => [name, { type: "string" as const }]),
      ...switchNames.map((name) => [name, { type: "boolean" as const }]),
    ]),
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const words: string[] = [];
  const switches = new Set<string>();
  const flags: Record<string, string> = {};
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const name = token.rawName.startsWith("--") ? token.name : (short[token.name] ?? token.name);
    if (valued.includes(name)) {
      if (token.value === undefined || (!token.inlineValue && token.value.startsWith("--")))
        throw new SettingError(`--${name} needs a value`);
      flags[name] = token.value;
    } else if (switchNames.includes(name)) {
      if (token.value !== undefined) throw new SettingError(`--${name} takes no value`);
      switches.add(name);
    } else {
      throw new SettingError(`unknown flag ${token.rawName}${hint(name, [...valued, ...switchNames], "--")}`);
    }
  }
  const [command, ...rest] = words;
  const known = Object.keys(commands);
  if (command !== undefined && !known.includes(command))
    throw new SettingError(`unknown command ${JSON.stringify(command)}${hint(command, known)}`);
  const own = command === undefined ? {} : (commands[command]?.switches ?? {});
  for (const name of switches)
    if (!everywhere.includes(name) && !Object.keys(own).includes(name))
      throw new SettingError(
        `--${name} is no flag of ${command === undefined ? "loggia alone" : `loggia ${command}`}`,
      );
  return { command, rest, switches, flags };
}

/** The nearest known word, when it is near enough to have been meant; else where to look. */
function hint(word: string, known: readonly string[], prefix = ""): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: distance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest !== undefined && nearest.distance <= Math.max(word.length > 3 ? 2 : 1, word.length / 3)
    ? `; did you mean ${prefix}${nearest.candidate}?`
    : "; see loggia --help";
}

/** Insertions, deletions and replacements from one word to another (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
