/**
 * How the text of a setting becomes a value. Each parser throws an Error whose message completes the sentence "--flag …",
 * and whose cause, if it has one, is a sentence that says why.
 */
import { isIPv4 } from "node:net";

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export const wholeNumber = (least: number, most: number) => (text: string) => {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most))
    throw new Error(`must be a whole number from ${least} to ${most}`);
  return number;
};

export const oneOf =
  <T extends string>(words: readonly T[]) =>
  (text: string): T => {
    const word = words.find((one) => one === text);
    if (word === undefined) throw new Error(`must be one of ${words.join(", ")}`);
    return word;
  };

export function onOff(text: string): boolean {
  if (/^(on|true|yes|1)$/i.test(text)) return true;
  if (/^(off|false|no|0)$/i.test(text)) return false;
  throw new Error("must be on or off");
}

export function path(text: string): string {
  if (text === "" || text.includes("\0")) throw new Error("must be a path");
  return text;
}

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds, at least `least` of them; a bare number is seconds. */
export const duration = (least: number) => (text: string) => {
  const [, number, unit = "s"] = /^(\d{1,9}(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const milliseconds = Math.round(Number(number) * (units[unit] ?? Number.NaN));
  // A timer of Node's holds 31 bits.
  if (!(milliseconds >= least && milliseconds < 2 ** 31))
    throw new Error(
      `must be a duration such as 500ms, 30s or 2m${least > 0 ? `, at least ${durationText(least)}` : ""}`,
    );
  return milliseconds;
};

export const durationText = (milliseconds: number) =>
  milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;

/** Without tokens whoever reaches the port may read and change everything, so only this machine may reach it. */
export function loopback(text: string): string {
  if (text === "localhost" || text === "::1" || (isIPv4(text) && text.startsWith("127."))) return text;
  throw new Error("must be a loopback address such as 127.0.0.1, ::1 or localhost", {
    cause: "this version has no access tokens, so everyone on the network could change everything",
  });
}

export function postgresUrl(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  if (protocol !== "postgres:" && protocol !== "postgresql:")
    throw new Error("must be a URL such as postgres://user:password@host:5432/database");
  return text;
}

/** The URL without its password, wherever it stands in it. */
export function masked(url: string): string {
  const parsed = new URL(url);
  if (parsed.password !== "") parsed.password = "***";
  if (parsed.searchParams.has("password")) parsed.searchParams.set("password", "***");
  return parsed.href;
}
