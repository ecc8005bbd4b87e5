/** A key that candidates have, and how many of them. */
export interface KeyUse {
  key: string;
  runCount: number;
}

/** A key that fewer have, for each that has the most common one, is rare. */
const rare = 0.1;

/** Those of most candidates first. */
export const byUse = (found: readonly KeyUse[]): string[] =>
  found.toSorted((a, b) => b.runCount - a.runCount).map(({ key }) => key);

/** Those that are not rare: what one run in a hundred logs, by the thousand, is none of them. */
export function commonOf(found: readonly KeyUse[]): string[] {
  const most = found.reduce((most, { runCount }) => Math.max(most, runCount), 0);
  return byUse(found.filter(({ runCount }) => runCount >= most * rare));
}
