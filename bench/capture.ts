/** The raw floor: what Loggia sends to Postgres for a call, taken from Postgres' own log, to be replayed without Loggia. */
import type { Generator, Spec } from "./generator.ts";
import type { Postgres } from "./postgres.ts";
import type { Row } from "./rows.ts";

/** One statement and its values as text; the names are those of bench/load/raw.go. */
interface Statement {
  sql: string;
  values: (string | null)[];
}

/** For each row that has a floor, the spec that replays the calls of the Loggia at `url`. */
export async function floors(
  where: { postgres: Postgres; generator: Generator },
  { url, database }: { url: string; database: string },
  rows: Row[],
): Promise<Map<string, Spec>> {
  const { socket, user } = where.postgres;
  const found = new Map<string, Spec>();
  await where.postgres.logged(async (since) => {
    for (const { id, spec } of rows.filter(({ raw }) => raw)) {
      try {
        const calls = await capture(where.generator, { ...spec, url }, async () =>
          statements(await since(), database),
        );
        found.set(id, { workload: "raw", raw: { socket, user, database, calls } });
      } catch (error) {
        console.error(`No raw floor for ${id}: ${error instanceof Error ? error.message : error}`);
      }
    }
  });
  return found;
}

/**
 * Makes each client's call once, alone, so that every replayed call is a statement (and a commit) of its own. Returns
 * what each sent.
 */
async function capture(
  generator: Generator,
  spec: Spec,
  sent: () => Promise<Statement[]>,
): Promise<Statement[][]> {
  const calls: Statement[][] = [];
  for (let client = 0; client < (spec.clients ?? 1); client++) {
    // The warm call before it: the first of a connection may look things up that later ones know.
    await generator.measure({ ...spec, clients: 1, seconds: 0, warmup: 0.001, rate: 0 }, async () => {
      await sent();
    });
    calls.push(await sent());
  }
  return calls;
}

/** The statements in a piece of Postgres' log whose lines begin with "<pid> <database> ", in their order. */
function statements(log: string, database: string): Statement[] {
  const found: Statement[] = [];
  // A line that begins with a tab continues the one before.
  for (const entry of log
    .replaceAll("\n\t", "\n")
    .split(/\n(?=\d+ \S* ?(?:LOG|DETAIL|ERROR|STATEMENT|WARNING): )/)) {
    const [, name, kind, text = ""] = /^\d+ (\S+) (LOG|DETAIL): {2}([\s\S]*)$/.exec(entry.trimEnd()) ?? [];
    if (name !== database) continue;
    const last = found.at(-1);
    if (kind === "DETAIL" && last !== undefined) last.values = values(text);
    const sql = /^(?:execute [^:]+|statement): ([\s\S]*)$/.exec(text)?.[1];
    if (kind === "LOG" && sql !== undefined) found.push({ sql, values: [] });
  }
  return found;
}

/** `parameters: $1 = 'a', $2 = NULL`, in which quotes inside values are doubled. */
function values(detail: string): (string | null)[] {
  return [...detail.matchAll(/\$\d+ = (?:NULL|'((?:[^']|'')*)')/g)].map(
    ([, value]) => value?.replaceAll("''", "'") ?? null,
  );
}
