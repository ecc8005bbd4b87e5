/** Milliseconds. */
const minute = 60_000;

/** How many points a project may log at a moment; grows with time, up to what a minute allows. */
export interface Allowance {
  /** In 60,000ths of a point: what a quota of n grants in a millisecond is then the whole number n, and no rounding is lost. */
  credit: number;
  /** Milliseconds. */
  at: number;
}

export interface Spending {
  perMinute: number;
  points: number;
  /** Whole milliseconds, from the clock of the allowance. */
  now: number;
}

/**
 * Spends points of an allowance, or none of it. More than a minute allows is granted to whoever waited a whole minute, and
 * is owed then: a batch must not be refused for ever.
 * @param before undefined: nothing was spent within the last minute.
 * @returns what is left; and the seconds after which to ask again, 0 when the points were granted.
 */
export function spend(
  before: Allowance | undefined,
  { perMinute, points, now }: Spending,
): { left: Allowance; wait: number } {
  const most = perMinute * minute;
  const held = before === undefined ? most : Math.min(most, before.credit + (now - before.at) * perMinute);
  const needed = Math.min(points, perMinute) * minute;
  if (perMinute > 0 && held >= needed) return { left: { credit: held - points * minute, at: now }, wait: 0 };
  const wait = perMinute > 0 ? Math.ceil((needed - held) / (perMinute * 1000)) : 60;
  return { left: { credit: held, at: now }, wait: Math.max(1, wait) };
}
