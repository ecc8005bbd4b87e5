import type { HandlerContext } from "@connectrpc/connect";
import { invalid } from "../errors.ts";
import { type ExportedRun, exportRuns, findKeys, type LoggedKeys } from "../store/export-runs.ts";
import { keepingScope } from "../store/scope.ts";
import { project } from "./context.ts";
import type { Deps } from "./deps.ts";
import { chooseColumns, type MoreAttribute } from "./export-columns.ts";
import {
  exportScope,
  exportTokens,
  type GivenScope,
  isRunId,
  positionOf,
  toCursor,
  toPosition,
} from "./export-scope.ts";
import { oneOfFew } from "./exports-at-a-time.ts";

export interface GivenRunExport extends GivenScope {
  columns: readonly string[];
  after: string;
}

/** Runs of an export. */
export interface RunPart {
  runs: readonly ExportedRun[];
  /** The token with which the export goes on behind them. */
  after: string;
}

export interface RunExport {
  parts: AsyncIterable<RunPart>;
  /** The name of the experiment, if there is one alone. */
  experimentName: string | undefined;
  /** What a table of these runs has for columns. @throws INVALID_PARAMETER_VALUE when they are too many */
  columns(): Promise<RunTableColumns>;
}

export interface RunTableColumns {
  project: bigint;
  attributes: readonly MoreAttribute[];
  keys: LoggedKeys;
}

/** Characters of JSON that the data of the runs of a part have, unless one run alone has more: a gRPC client takes 4 MB. */
const largestPart = 2 ** 20;
const mostTableColumns = 5_000;

/** Begins an export of runs; nothing of them is read before someone asks for the first part. */
export async function beginRunExport(
  { db }: Deps,
  ctx: HandlerContext,
  given: GivenRunExport,
): Promise<RunExport> {
  const of = project(ctx);
  const { walk, about, experimentName } = await exportScope(db, of, given);
  const { keys, attributes } = chooseColumns(given.columns);
  const tokens = await exportTokens(db, of, ["export/runs", ...about]);
  const cursor = isRunId(given.after) ? undefined : tokens.open(given.after);
  const after = isRunId(given.after) ? await positionOf(db, walk, given.after) : cursor && toPosition(cursor);

  async function* parts(): AsyncGenerator<RunPart> {
    for await (const page of exportRuns(db, walk, keys, after))
      for (const runs of cut(page)) {
        const last = runs.at(-1);
        if (last !== undefined) yield { runs, after: tokens.token(toCursor(last.position)) };
      }
  }
  return {
    parts: keepingScope(oneOfFew(db, of, parts())),
    experimentName,
    async columns() {
      const areNamed = keys.metrics && keys.params && keys.tags;
      const logged = areNamed ? undefined : await findKeys(db, walk, mostTableColumns + 1);
      const found: LoggedKeys = {
        metrics: keys.metrics ?? logged?.metrics ?? [],
        params: keys.params ?? logged?.params ?? [],
        tags: keys.tags ?? logged?.tags ?? [],
      };
      if (found.metrics.length + found.params.length + found.tags.length > mostTableColumns)
        throw invalid(
          `These runs have more than ${mostTableColumns} different params, metrics and tags. Name those that the table is to have in the parameter 'columns', or export as NDJSON.`,
        );
      return { project: of, attributes, keys: found };
    },
  };
}

/** Divides runs, in their order, into parts of at most `largestPart`. */
function* cut(runs: readonly ExportedRun[]): Generator<readonly ExportedRun[]> {
  let from = 0;
  let characters = 0;
  for (const [i, run] of runs.entries()) {
    characters += run.text.data.length;
    if (i === from || characters <= largestPart) continue;
    yield runs.slice(from, i);
    from = i;
    characters = run.text.data.length;
  }
  yield runs.slice(from);
}
