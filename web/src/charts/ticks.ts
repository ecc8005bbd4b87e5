/** Where an axis is marked: about `count` round numbers within a range, in steps of 1, 2 or 5 times a power of ten. */
export function ticks(from: number, to: number, count: number): number[] {
  if (!(to > from)) return Number.isFinite(from) ? [from] : [];
  const rough = (to - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
  // Numbers that are hardly apart have no room for round ones between them.
  if (!(step > Math.max(Math.abs(from), Math.abs(to)) * 1e-12)) return [from];
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  // Multiplied rather than added up, and cut to the digits that the step has, so that 0.3 is not 0.30000000000000004.
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return Array.from({ length: last - first + 1 }, (_, i) =>
    digits > 20 ? (first + i) * step : Number(((first + i) * step).toFixed(digits)),
  );
}

/** Powers of ten within a range of positive numbers, with 2 and 5 times them where there is room; about `count`. */
export function logTicks(from: number, to: number, count: number): number[] {
  if (!(from > 0 && to > from)) return from > 0 ? [from] : [];
  const first = Math.ceil(Math.log10(from) - 1e-9);
  const last = Math.floor(Math.log10(to) + 1e-9);
  if (last - first < 1 && to / from < 5) return ticks(from, to, count);
  const factors = (Math.log10(to) - Math.log10(from)) * 3 <= count ? [1, 2, 5] : [1];
  const every = Math.ceil((last - first + 1) / Math.max(1, count));
  const found: number[] = [];
  for (let power = first - (factors.length > 1 ? 1 : 0); power <= last; power += every)
    for (const factor of factors) found.push(Number(`${factor}e${power}`));
  return found.filter((mark) => mark >= from && mark <= to);
}
