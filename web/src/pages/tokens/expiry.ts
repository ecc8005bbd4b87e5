import type { Token } from "../../api/tokens.ts";
import { counted } from "../../format/number.ts";

const day = 86_400_000;

/** Within so many days the end of a token is pointed out. */
const near = 7;

/** When a token ends, or ended, in words. `at` and `now` are milliseconds since the epoch. */
export function endOf(
  { revokedAt, expiresAt }: Pick<Token, "revokedAt" | "expiresAt">,
  now: number,
): { text: string; isOver: boolean; isNear: boolean; at?: number } {
  if (revokedAt !== undefined) return { text: "Revoked", isOver: true, isNear: false, at: Number(revokedAt) };
  if (expiresAt === undefined) return { text: "Never", isOver: false, isNear: false };
  const at = Number(expiresAt);
  if (at <= now) return { text: "Expired", isOver: true, isNear: false, at };
  const days = Math.round((at - now) / day);
  const text = days === 0 ? "within a day" : `in ${counted(days, "day")}`;
  return { text, isOver: false, isNear: days <= near, at };
}

export const lifetimes = [
  { value: "7", text: "7 days" },
  { value: "30", text: "30 days" },
  { value: "90", text: "90 days" },
  { value: "365", text: "365 days" },
  { value: "date", text: "Until a day …" },
] as const;

export type Lifetime = (typeof lifetimes)[number]["value"] | "never";

/**
 * Milliseconds since the epoch. The server takes at most 365 days by its own clock, so a minute is left to the clocks.
 * @param date `2026-12-31`, of which the token sees the end, in the viewer's zone.
 */
export function expiryOf(lifetime: Lifetime, date: string, now: number): number | "never" {
  if (lifetime === "never") return "never";
  if (lifetime !== "date") return now + Number(lifetime) * day - 60_000;
  const [year = 0, month = 1, of = 1] = date.split("-").map(Number);
  return Math.min(new Date(year, month - 1, of + 1).getTime() - 1, now + 365 * day - 60_000);
}
