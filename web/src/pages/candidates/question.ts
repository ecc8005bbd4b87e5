import { type CandidatesOf, type Columns, type Keys, parentTag } from "../../api/candidates.ts";
import { orderByOf, parseColumn } from "./column-ids.ts";
import { keysOf, usualColumns } from "./usualColumns.ts";
import type { View } from "./view.ts";

const noKeys: Keys = { metrics: [], params: [], tags: [] };
/** As long as none are known. */
export const noColumns: Columns = { ...noKeys, common: noKeys };

/** The columns that a view shows. @param known those that there are, when they are known. */
export const chosenColumns = (view: View, known: Columns | undefined) =>
  view.columns ?? usualColumns(known ?? noColumns);

/** What is asked for a view of an experiment's candidates. @param known the columns that there are, when they are known. */
export const questionOf = (
  project: string,
  experiment: string,
  view: View,
  known: Columns | undefined,
): CandidatesOf => ({
  project,
  experiment,
  filter: view.filter,
  name: view.name,
  orderBy: (view.sort && orderByOf(view.sort.column, view.sort.descending)) ?? "",
  stage: view.stage,
  // Where no candidate has a parent, there is no tree, and the server need not look for one.
  isTopLevel: standsAsTree(view) && known?.tags.includes(parentTag) === true,
  keys: keysOf(chosenColumns(view, known)),
});

/** A filter, or an order by what was logged, is about every candidate, also about those below others. */
const standsAsTree = ({ isTree, filter, name, sort }: View) =>
  isTree &&
  filter === "" &&
  name === "" &&
  (sort === undefined || parseColumn(sort.column)?.kind === "attribute");
