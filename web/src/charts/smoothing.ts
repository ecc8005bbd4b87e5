/**
 * An exponential moving average, as TensorBoard draws it: corrected for where it begins, and the same as there when points are
 * evenly spaced. Where they are not, as in a sample, a point counts by how far it is from the one before, so that how many
 * points are drawn hardly changes the line.
 * @param weight from 0, which changes nothing, to below 1.
 * @returns a value for each; where a value is not finite, it stays, and the average goes on after it.
 */
export function smooth(xs: readonly number[], values: readonly number[], weight: number): number[] {
  if (weight <= 0) return [...values];
  const unit = medianDistance(xs);
  let average = 0;
  let debt = 1;
  let before: number | undefined;
  return values.map((value, at) => {
    if (!Number.isFinite(value)) return value;
    const x = xs[at] ?? 0;
    const kept = before === undefined || unit === 0 ? weight : weight ** ((x - before) / unit);
    before = x;
    average = average * kept + value * (1 - kept);
    debt *= kept;
    return debt === 1 ? value : average / (1 - debt);
  });
}

/** Of neighbours that are not at the same place; 0 when there are none. */
function medianDistance(xs: readonly number[]): number {
  const distances = xs
    .slice(1)
    .map((x, at) => x - (xs[at] ?? x))
    .filter((distance) => distance > 0)
    .sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] ?? 0;
}
