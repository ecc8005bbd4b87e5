/**
 * How the text of a setting becomes a value. Each parser throws an Error whose message completes the sentence "--flag …",
 * and whose cause, if it has one, is a sentence that says why.
 */
import { isIP } from "node:net";

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

/** As a person writes it, in the largest unit of which it is a whole number. */
export function durationText(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  const [unit, size] = Object.entries(units).findLast(([, one]) => milliseconds % one === 0) ?? ["ms", 1];
  return `${milliseconds / size}${unit}`;
}

/** An IP address, or a name that this machine goes by. */
export function address(text: string): string {
  if (isIP(text) > 0 || /^[a-z\d]([a-z\d.-]{0,251}[a-z\d])?$/i.test(text)) return text;
  throw new Error("must be an address such as 127.0.0.1, ::1, 0.0.0.0 or localhost");
}

/** Without a query, without a final slash. */
export function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const bare = url !== undefined && url.search + url.hash + url.username + url.password === "";
  if (!bare || !/^https?:$/.test(url.protocol))
    throw new Error("must be a URL such as https://mlflow.example.org");
  return url.href.replace(/\/+$/, "");
}

/** Items with commas between them, each as `isItem` wants it; none for the empty text. */
const listOf = (isItem: (item: string) => boolean, what: string) => (text: string) => {
  const items = text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
  if (!items.every(isItem)) throw new Error(`must be ${what}, with commas between them`);
  return items;
};

const isHost = (text: string) =>
  /^(?:\[[\da-f:.]+\]|[a-z\d](?:[a-z\d_.-]*[a-z\d])?)(?::\d{1,5})?$/i.test(text);

function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32));
  return version > 0 && fits && more.length === 0;
}

/** What may stand in a Host header. */
export const hosts = listOf(isHost, "names such as mlflow.example.org or mlflow.example.org:8443");

/** Single addresses, or blocks of them. */
export const networks = listOf(isNetwork, "addresses or networks such as 10.0.0.7 or 10.0.0.0/8");

/** A server that is asked for what others must not change on the way. */
export function secureUrl(text: string): string {
  const url = httpUrl(text);
  const { protocol, hostname } = new URL(url);
  if (protocol !== "https:" && !/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname))
    throw new Error("must be an https address such as https://gitlab.example.org");
  return url;
}

/** Several of them. */
export const secureUrls = (text: string): string[] => listOf(() => true, "addresses")(text).map(secureUrl);

/** Text that fits in a header and in a line: visible ASCII. */
export function headerText(text: string): string {
  if (!/^[\x21-\x7e]{1,500}$/.test(text)) throw new Error("must be visible characters without spaces");
  return text;
}

/** Words with single spaces between them, `openid` among them. */
export function oidcScopes(text: string): string {
  if (!/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(text) || !text.split(" ").includes("openid"))
    throw new Error("must be scopes with spaces between them, openid among them");
  return text;
}

/** A line that people read. */
export function label(text: string): string {
  if (!/^\P{C}{1,100}$/u.test(text)) throw new Error("must be one line of at most 100 characters");
  return text;
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
