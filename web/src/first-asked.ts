import { decodePart, parseSearch, type Search } from "./address.ts";
import { candidateQuery } from "./api/candidate.ts";
import { candidateCountQuery, candidatesQuery, columnsQuery } from "./api/candidates.ts";
import { experimentQuery, experimentsQuery } from "./api/experiments.ts";
import { queries } from "./api/queries.ts";
import { runQuery } from "./api/runs.ts";
import { askForAccess, viewerQuery } from "./api/viewer.ts";
import { questionOf } from "./pages/candidates/question.ts";
import { parseView } from "./pages/candidates/view.ts";
import { comparedRuns } from "./pages/compare/compared-runs.ts";

/** What is in the place of `$project` and the like. */
type Params = Readonly<Record<string, string>>;

/**
 * What pages ask for first, by the router's path. A page finds it, or waits for it, as if it had asked. Each resolves when all is
 * answered, also with an error: the page asks again, and tells it.
 */
export const firstAsked = {
  "/p/$project": ({ project = "" }) => askForAccess(project),
  "/p/$project/ml/experiments": ({ project = "" }, { view }) =>
    queries.prefetchQuery(experimentsQuery(project, view === "deleted" ? "deleted" : "active")),
  "/p/$project/ml/experiments/$experiment": ({ project = "", experiment = "" }, search) =>
    Promise.all([
      queries.prefetchQuery(experimentQuery(project, experiment)),
      askForCandidates(project, experiment, search),
    ]),
  "/p/$project/ml/candidates/$candidate": ({ project = "", candidate = "" }) =>
    queries.prefetchQuery(candidateQuery(project, candidate)),
  "/p/$project/ml/compare": ({ project = "" }, search) =>
    Promise.all(comparedRuns(search).map((id) => queries.prefetchQuery(runQuery(project, id)))),
} as const satisfies Record<string, (params: Params, search: Search) => Promise<unknown>>;

/** The first rows, whose columns have to be known, and how many there are. */
async function askForCandidates(project: string, experiment: string, search: Search): Promise<void> {
  const columns = await queries.fetchQuery(columnsQuery(project, experiment)).catch(() => undefined);
  const asked = questionOf(project, experiment, parseView(search), columns);
  await Promise.all([
    queries.prefetchQuery(candidatesQuery(asked, 0)),
    // The first rows tell how many have a part of a name (useCandidates.ts).
    ...(asked.name === "" ? [queries.prefetchQuery(candidateCountQuery(asked))] : []),
  ]);
}

/** Asks for what the page at an address shows first. @param path as the router has it. @param search as the address has it. */
export function askFirst(path: string, search: string): Promise<unknown> {
  const found = Object.entries(firstAsked).flatMap(([pattern, ask]) => {
    // What a project asks for, all of its pages do.
    const isWhole = pattern !== "/p/$project";
    const params = paramsOf(pattern, path, isWhole);
    return params === undefined ? [] : [ask(params, parseSearch(search))];
  });
  if (!path.startsWith("/p/")) found.push(queries.prefetchQuery(viewerQuery));
  return Promise.all(found);
}

function paramsOf(pattern: string, path: string, isWhole: boolean): Params | undefined {
  const names = pattern.split("/");
  const parts = path.split("/");
  if (isWhole ? names.length !== parts.length : names.length > parts.length) return undefined;
  const isFound = names.every((name, at) => name.startsWith("$") || name === parts[at]);
  if (!isFound) return undefined;
  return Object.fromEntries(
    names.flatMap((name, at) => (name.startsWith("$") ? [[name.slice(1), decodePart(parts[at] ?? "")]] : [])),
  );
}
