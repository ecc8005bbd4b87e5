import { invalid, LoggiaError } from "../errors.ts";
import type { CursorValue } from "../search/page-token.ts";
import { parseRunFilter, parseRunOrderBy } from "../search/runs.ts";
import type { Database } from "../store/database.ts";
import { findExperimentNames, type RunPosition, type RunWalk } from "../store/export-runs.ts";
import { findRun } from "../store/runs.ts";
import { placeOf, searchRuns } from "../store/search-runs.ts";
import { experimentKey, experimentNotFound } from "./ids.ts";
import { pagesOf } from "./pages.ts";

/** Which runs an export is about, as a request says it. */
export interface GivenScope {
  experimentIds: readonly string[];
  filter: string;
  runViewType: string;
  orderBy: readonly string[];
}

export interface ExportScope {
  walk: RunWalk;
  /** All that decides which runs come and in which order, besides the project. */
  about: readonly unknown[];
  /** The name of the experiment, if there is one alone. */
  experimentName: string | undefined;
}

/** @throws INVALID_PARAMETER_VALUE, and RESOURCE_DOES_NOT_EXIST for an experiment that is not there. */
export async function exportScope(db: Database, project: bigint, given: GivenScope): Promise<ExportScope> {
  const stage = stageOf(given.runViewType);
  const conditions = parseRunFilter(given.filter);
  const orders = parseRunOrderBy(given.orderBy);
  const experiments = [...new Set(given.experimentIds.map(experimentKey))].sort((a, b) => (a < b ? -1 : 1));
  const names = await findExperimentNames(db, project, experiments);
  const missing = experiments.find((id) => !names.has(id));
  if (missing !== undefined) throw experimentNotFound(String(missing));
  return {
    walk: {
      project,
      conditions,
      orders,
      ...(stage !== undefined && { stage }),
      experiments: experiments.length === 0 ? undefined : experiments,
    },
    about: [experiments, given.filter, given.orderBy, stage ?? "all"],
    experimentName: experiments.length === 1 ? [...names.values()][0] : undefined,
  };
}

function stageOf(view: string): "active" | "deleted" | undefined {
  switch (view) {
    case "":
    case "ACTIVE_ONLY":
      return "active";
    case "DELETED_ONLY":
      return "deleted";
    case "ALL":
      return undefined;
    default:
      throw invalid(
        `Invalid value for parameter 'run_view_type': it must be ACTIVE_ONLY, DELETED_ONLY or ALL, but is ${JSON.stringify(view.slice(0, 100))}.`,
      );
  }
}

/**
 * The tokens with which an export goes on. Beside a token, `after` may be the id of a run.
 * @param about all that decides what is exported and in which order, besides the project.
 */
export async function exportTokens(db: Database, project: bigint, about: readonly unknown[]) {
  const pages = await pagesOf(db, [project, ...about]);
  return {
    token: (cursor: readonly CursorValue[]): string => pages.token(cursor).nextPageToken ?? "",
    /** What is in a token; undefined for none. @throws INVALID_PARAMETER_VALUE for one of another export */
    open(after: string): CursorValue[] | undefined {
      try {
        return pages.open(after);
      } catch (error) {
        if (error instanceof LoggiaError) throw badAfter(error);
        throw error;
      }
    },
  };
}

const badAfter = (cause?: unknown) =>
  new LoggiaError(
    "INVALID_PARAMETER_VALUE",
    "Invalid value for parameter 'after': it must be the id of a run of this export, or come from an export of the same project with the same experiments, filter, order and view type.",
    { cause },
  );

export const isRunId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);

export const toCursor = ({ experiment, place }: RunPosition): CursorValue[] => [experiment, ...place];

export function toPosition([experiment, ...place]: readonly CursorValue[]): RunPosition {
  return { experiment: typeof experiment === "bigint" ? experiment : 0n, place };
}

/** Where the run stands in the order of `walk`, as it is now. @throws INVALID_PARAMETER_VALUE when it is in none of its experiments */
export async function positionOf(db: Database, walk: RunWalk, runId: string): Promise<RunPosition> {
  const run = await findRun(db, walk.project, runId);
  if (run === undefined || !(walk.experiments?.includes(run.experiment_id) ?? true)) throw badAfter();
  const { rows } = await searchRuns(db, {
    project: walk.project,
    experiments: [run.experiment_id],
    conditions: [{ kind: "attribute", type: "list", key: "run_id", op: "IN", values: [runId] }],
    orders: walk.orders,
    limit: 1,
  });
  const [row] = rows;
  if (row === undefined) throw badAfter();
  return {
    experiment: walk.experiments === undefined ? run.experiment_id : 0n,
    place: placeOf(walk.orders, row),
  };
}
