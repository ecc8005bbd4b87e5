/** How many points a project may log at a moment; grows with time, up to what a minute allows. */
export interface Allowance {
  points: number;
  /** Milliseconds. */
  at: number;
}

export interface Spending {
  perMinute: number;
  points: number;
  /** Milliseconds, from the clock of the allowance. */
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
  const perMillisecond = perMinute / 60_000;
  const held =
    before === undefined
      ? perMinute
      : Math.min(perMinute, before.points + (now - before.at) * perMillisecond);
  const needed = Math.min(points, perMinute);
  if (perMinute > 0 && held >= needed) return { left: { points: held - points, at: now }, wait: 0 };
  const wait = perMinute > 0 ? Math.ceil((needed - held) / perMillisecond / 1000) : 60;
  return { left: { points: held, at: now }, wait: Math.max(1, wait) };
}
