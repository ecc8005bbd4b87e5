/** How the words and flags of a command become values. Each throws a SettingError that names what is wrong. */
import { isRole, type Role, roles } from "../auth/roles.ts";
import { isScope, type Scope, scopes } from "../auth/scopes.ts";
import { SettingError } from "../config.ts";
import type { Given } from "./action.ts";

/** The word at `index`, which the command takes. */
export const word = ({ words }: Given, index = 0): string => words[index] ?? "";

/** A flag that the command cannot do without. */
export function needed({ values }: Given, flag: string, placeholder: string): string {
  const value = values[flag];
  if (value === undefined) throw new SettingError(`this needs --${flag} ${placeholder}`);
  return value;
}

export function roleOf(text: string): Role {
  if (!isRole(text)) throw new SettingError(`--role must be one of ${roles.join(", ")}, got ${quoted(text)}`);
  return text;
}

/** @param text with commas. */
export function scopesOf(text: string): Scope[] {
  const words = text.split(",").map((one) => one.trim());
  const wrong = words.find((one) => !isScope(one));
  if (wrong !== undefined)
    throw new SettingError(`--scope must be of ${scopes.join(", ")}, got ${quoted(wrong)}`);
  return [...new Set(words.filter(isScope))];
}

export function oneOf<T extends string>(flag: string, words: readonly T[], text: string): T {
  const found = words.find((one) => one === text);
  if (found === undefined)
    throw new SettingError(`--${flag} must be one of ${words.join(", ")}, got ${quoted(text)}`);
  return found;
}

/** Whole days: `30d` or `30`. */
export function days(flag: string, text: string): number {
  const [, number] = /^(\d{1,5})d?$/.exec(text) ?? [];
  if (number === undefined)
    throw new SettingError(`--${flag} must be a number of days such as 30d, got ${quoted(text)}`);
  return Number(number);
}

export function count(flag: string, text: string): bigint {
  if (!/^\d{1,18}$/.test(text))
    throw new SettingError(`--${flag} must be a whole number, got ${quoted(text)}`);
  return BigInt(text);
}

const bytesIn: Record<string, bigint> = { "": 1n, k: 10n ** 3n, M: 10n ** 6n, G: 10n ** 9n, T: 10n ** 12n };
for (const [letter, power] of [
  ["Ki", 10n],
  ["Mi", 20n],
  ["Gi", 30n],
  ["Ti", 40n],
] as const)
  bytesIn[letter] = 1n << power;

/** `500GB` (powers of 1000), `500GiB` (powers of 1024), or bytes. */
export function bytes(flag: string, text: string): bigint {
  const [, number, unit = ""] = /^(\d{1,18})(k|M|G|T|Ki|Mi|Gi|Ti)?B?$/.exec(text) ?? [];
  const size = BigInt(number ?? -1) * (bytesIn[unit] ?? 1n);
  if (size < 0n || size >= 1n << 63n)
    throw new SettingError(`--${flag} must be a size such as 500GB or 200MiB, got ${quoted(text)}`);
  return size;
}

/** What `read` makes of the flag; null for `none`, undefined when it was not given. */
export function orNone<T>({ values }: Given, flag: string, read: (flag: string, text: string) => T) {
  const text = values[flag];
  return text === undefined ? undefined : text === "none" ? null : read(flag, text);
}

/** The number by which lists name a thing. */
export function number(text: string, what: string): bigint {
  if (!/^[1-9]\d{0,17}$/.test(text))
    throw new SettingError(`${what} is named by its number, as the list shows it, got ${quoted(text)}`);
  return BigInt(text);
}

const quoted = (text: string) => JSON.stringify(text);
