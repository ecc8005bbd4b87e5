/** The command line: which command, which words after it, which flags. */
import { parseArgs } from "node:util";
import { fileSetting, SettingError, settings } from "../config.ts";
import { commands, groups } from "./commands.ts";
import { hint } from "./spelling.ts";

export interface Arguments {
  /** `serve`, `project create`, or a group alone: `project`. Undefined: none was named. */
  command: string | undefined;
  /** What follows the command. */
  rest: string[];
  /** Switches that are on. */
  switches: ReadonlySet<string>;
  /** The command's own flags with a value, by name without dashes; of one that may be repeated, with commas between. */
  values: Readonly<Record<string, string>>;
  /** Settings, in the same way. */
  flags: Readonly<Record<string, string>>;
}

const settingFlags = [...Object.values(settings).map((setting) => setting.flag), fileSetting.flag];
const everywhere = ["help", "version"];
const short: Record<string, string> = { h: "help", V: "version", q: "quiet", y: "yes" };

const ownFlags = Object.values(commands).flatMap((one) => Object.entries(one.flags));
const names = (wanted: "valued" | "switch") => [
  ...new Set(
    ownFlags.filter(([, flag]) => (flag.value === undefined) === (wanted === "switch")).map(([n]) => n),
  ),
];
/** A flag has a value in every command that has it, or in none: which it is must be known before the command is. */
const valued = [...settingFlags, ...names("valued")];
const switchNames = [...everywhere, ...names("switch")];

/** @throws SettingError for a flag that does not exist or lacks its value, a command that does not exist. */
export function readArguments(argv: readonly string[]): Arguments {
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
  const given: [name: string, value: string][] = [];
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const name = token.rawName.startsWith("--") ? token.name : (short[token.name] ?? token.name);
    if (valued.includes(name)) {
      if (token.value === undefined || (!token.inlineValue && token.value.startsWith("--")))
        throw new SettingError(`--${name} needs a value`);
      given.push([name, token.value]);
    } else if (switchNames.includes(name)) {
      if (token.value !== undefined) throw new SettingError(`--${name} takes no value`);
      switches.add(name);
    } else {
      const meant = hint(name, [...valued, ...switchNames], { prefix: "--" });
      throw new SettingError(`unknown flag ${token.rawName}${meant}`);
    }
  }
  const { command, rest } = commandOf(words);
  const own = command === undefined ? {} : (commands[command]?.flags ?? {});
  const values: Record<string, string> = {};
  const flags: Record<string, string> = {};
  for (const [name, value] of given) {
    if (settingFlags.includes(name)) flags[name] = value;
    else if (own[name]?.list && values[name] !== undefined) values[name] += `,${value}`;
    else values[name] = value;
  }
  for (const name of [...switches, ...Object.keys(values)])
    if (!everywhere.includes(name) && !Object.hasOwn(own, name))
      throw new SettingError(
        `--${name} is no flag of ${command === undefined ? "loggia alone" : `loggia ${command}`}`,
      );
  return { command, rest, switches, values, flags };
}

function commandOf([first, second, ...others]: string[]): Pick<Arguments, "command" | "rest"> {
  if (first === undefined) return { command: undefined, rest: [] };
  if (Object.hasOwn(commands, first))
    return { command: first, rest: second === undefined ? [] : [second, ...others] };
  if (!Object.hasOwn(groups, first)) {
    const known = [...Object.keys(commands).filter((name) => !name.includes(" ")), ...Object.keys(groups)];
    throw new SettingError(`unknown command ${JSON.stringify(first)}${hint(first, known)}`);
  }
  if (second === undefined) return { command: first, rest: [] };
  const command = `${first} ${second}`;
  if (Object.hasOwn(commands, command)) return { command, rest: others };
  const prefix = `${first} `;
  const members = Object.keys(commands).filter((name) => name.startsWith(prefix));
  const seconds = members.map((name) => name.slice(prefix.length));
  const meant = hint(second, seconds, { prefix, help: `loggia ${first} --help` });
  throw new SettingError(`unknown command ${JSON.stringify(command)}${meant}`);
}

/** @throws SettingError when the command is followed by fewer or more words than it takes. */
export function checkWords(command: string, rest: readonly string[]): void {
  const { words = [] } = commands[command] ?? {};
  // `[RUN]` may be left out.
  const [missing] = words.filter((word) => !word.startsWith("[")).slice(rest.length);
  if (missing !== undefined)
    throw new SettingError(
      `loggia ${command} needs ${missing}; write loggia ${[command, ...words].join(" ")}`,
    );
  if (rest.length > words.length)
    throw new SettingError(`unexpected argument ${JSON.stringify(rest[words.length])}`);
}
