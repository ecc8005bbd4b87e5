/** "Did you mean": the known word that is nearest to a wrong one. */

/** The nearest known word, when it is near enough to have been meant; else where to look. */
export function hint(
  word: string,
  known: readonly string[],
  { prefix = "", help = "loggia --help" }: { prefix?: string; help?: string } = {},
): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: distance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest !== undefined && nearest.distance <= Math.max(word.length > 3 ? 2 : 1, word.length / 3)
    ? `; did you mean ${prefix}${nearest.candidate}?`
    : `; see ${help}`;
}

/** Insertions, deletions and replacements from one word to another (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
