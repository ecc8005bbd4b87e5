/** How a run is drawn, everywhere on a page: one of the colours of the tokens, and beyond them a dash. */
export interface Look {
  /** `--run-1` to `--run-8`. */
  colour: number;
  /** Lengths of strokes and gaps in pixels; empty for a whole line. */
  dash: readonly number[];
}

export const colours = 8;

const dashes: readonly (readonly number[])[] = [
  [],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [12, 4],
  [4, 2, 1, 2, 1, 2],
  [1, 3],
];

/** The look of the run at a place, from 0. Colours are used up before the first dash. */
export const lookAt = (place: number): Look => ({
  colour: (place % colours) + 1,
  dash: dashes[Math.floor(place / colours) % dashes.length] ?? [],
});

/** The colour of a look as CSS. */
export const cssColour = ({ colour }: Look): string => `var(--run-${colour})`;

/**
 * The places of runs, by id. A run keeps its place while others come and go; a new one takes the first that is free.
 * @param before the places so far; those of runs that are gone are given back.
 */
export function placesOf(
  ids: readonly string[],
  before: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const id of ids) {
    const place = before.get(id);
    if (place !== undefined) places.set(id, place);
  }
  const taken = new Set(places.values());
  let next = 0;
  for (const id of ids) {
    if (places.has(id)) continue;
    while (taken.has(next)) next++;
    taken.add(next);
    places.set(id, next);
  }
  return places;
}
