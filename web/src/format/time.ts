/** Times in the viewer's zone. All are milliseconds since the epoch. */

import { once } from "./once.ts";

const day = once(() => new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" }));
const dayOfYear = once(
  () => new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" }),
);
const exact = once(
  () =>
    new Intl.DateTimeFormat("en-GB", {
      weekday: "short",
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 3,
      timeZoneName: "short",
    }),
);

const second = once(
  () =>
    new Intl.DateTimeFormat("en-GB", {
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    }),
);

const minute = 60_000;
const hour = 60 * minute;

/** `just now`, `5 min ago`, `3 h ago`, `2 days ago`, then the date. */
export function ago(time: number, now = Date.now()): string {
  const past = now - time;
  if (past < -minute) return dateOf(time, now);
  if (past < minute) return "just now";
  if (past < hour) return `${Math.floor(past / minute)} min ago`;
  if (past < 24 * hour) return `${Math.floor(past / hour)} h ago`;
  const days = Math.floor(past / (24 * hour));
  if (days < 7) return days === 1 ? "1 day ago" : `${days} days ago`;
  return dateOf(time, now);
}

const dateOf = (time: number, now: number) =>
  (new Date(time).getFullYear() === new Date(now).getFullYear() ? day : dayOfYear)().format(time);

/** A time as ISO 8601 writes it in UTC: `2022-08-08T21:06:40.123Z`; undefined for any other text. */
export function isoTime(text: string): number | undefined {
  if (!/^\d{4}(-\d\d){2}T\d\d(:\d\d){2}(\.\d+)?Z$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** `8 Aug 2022, 23:06:40`. */
export const toSecond = (time: number): string => second().format(time);

/** To the millisecond, with the zone. */
export const exactTime = (time: number): string => exact().format(time);

/** `320 ms`, `4.2 s`, `3 min 05 s`, `2 h 07 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms < 1000) return `${ms} ms`;
  if (ms < minute) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min ${two(Math.floor((ms % minute) / 1000))} s`;
  if (ms < 24 * hour) return `${Math.floor(ms / hour)} h ${two(Math.floor((ms % hour) / minute))} min`;
  return `${Math.floor(ms / (24 * hour))} d ${Math.floor((ms % (24 * hour)) / hour)} h`;
}

const two = (value: number) => String(value).padStart(2, "0");
