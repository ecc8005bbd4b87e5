/** Times as people write them. Each function throws a SettingError that names the flag. */
import { SettingError } from "../config.ts";

const minute = 60_000;
const units: Record<string, number> = {
  m: minute,
  h: 60 * minute,
  d: 1_440 * minute,
  w: 7 * 1_440 * minute,
  y: 365 * 1_440 * minute,
};

/** `12h`, `30d` from now, or the end of a day, `2030-01-31`, in UTC. */
export function futureMoment(flag: string, text: string, now = Date.now()): Date {
  const time = new Date(now + (span(text) ?? Number.NaN));
  const found = Number.isNaN(time.getTime()) && isDay(text) ? new Date(`${text}T23:59:59Z`) : time;
  // Date makes March of the 30th of February.
  if (Number.isNaN(found.getTime()) || (isDay(text) && !found.toISOString().startsWith(text)))
    throw new SettingError(
      `--${flag} must be a time such as 12h, 30d or 2030-01-31, got ${JSON.stringify(text)}`,
    );
  if (found.getTime() <= now)
    throw new SettingError(`--${flag} must be in the future, got ${JSON.stringify(text)}`);
  return found;
}

/** `7d` ago, the beginning of a day in UTC, `2030-01-31`, or a moment, `2030-01-31T12:00:00Z`. */
export function pastMoment(flag: string, text: string, now = Date.now()): Date {
  const ago = new Date(now - (span(text) ?? Number.NaN));
  const found = Number.isNaN(ago.getTime()) && (isDay(text) || isMoment(text)) ? new Date(text) : ago;
  if (Number.isNaN(found.getTime()))
    throw new SettingError(
      `--${flag} must be a time such as 7d, 2030-01-31 or 2030-01-31T12:00:00Z, got ${JSON.stringify(text)}`,
    );
  return found;
}

/** Milliseconds of `90m`, `12h`, `30d`, `2w` or `1y`. */
function span(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d{1,6})([mhdwy])$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (units[unit] ?? Number.NaN);
}

const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text);

const isMoment = (text: string) =>
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
