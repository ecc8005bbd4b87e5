/**
 * Times in the viewer's zone. All are milliseconds since the epoch. What a page shows at once is not made by `Intl`, whose first
 * text of a time takes 5 to 25 ms.
 */

import { once } from "./once.ts";

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

/** As British English has them, as `exactTime` does. */
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"];

const dayOf = (date: Date) => `${date.getDate()} ${months[date.getMonth()]}`;

function dateOf(time: number, now: number): string {
  const date = new Date(time);
  const year = date.getFullYear();
  return year === new Date(now).getFullYear() ? dayOf(date) : `${dayOf(date)} ${year}`;
}

/** A time as ISO 8601 writes it in UTC: `2022-08-08T21:06:40.123Z`; undefined for any other text. */
export function isoTime(text: string): number | undefined {
  if (!/^\d{4}(-\d\d){2}T\d\d(:\d\d){2}(\.\d+)?Z$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** `8 Aug 2022, 23:06:40`. */
export function toSecond(time: number): string {
  const date = new Date(time);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${dayOf(date)} ${date.getFullYear()}, ${clock}`;
}

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
