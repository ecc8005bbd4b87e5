import { quotedValue } from "../filter/quote.ts";
import type { CandidatesOf } from "./candidates.ts";

export type ExportFormat = "csv" | "ndjson" | "parquet";

/** As many run ids fit an address: a server takes 16 KiB of it. */
export const mostExportedByName = 300;

const everything = ["status", "user_id", "params", "metrics", "tags"];

/**
 * The address of an export of candidates, without limit.
 * @param of which ones, in which order. @param ids run ids; without them all that the question finds.
 * @param columns as the export names them (`params.depth`); undefined for all that there are.
 */
export function exportAddress(
  of: CandidatesOf,
  format: ExportFormat,
  { ids, columns }: { ids?: readonly string[] | undefined; columns?: readonly string[] | undefined },
): string {
  const search = new URLSearchParams({ experiment_id: of.experiment, format });
  const filter = ids === undefined ? filterOf(of) : `run_id IN (${ids.map(quotedValue).join(", ")})`;
  if (filter !== "") search.set("filter", filter);
  if (of.orderBy !== "") search.set("order_by", of.orderBy);
  const view = ids === undefined ? of.stage : "all";
  if (view !== "active") search.set("run_view_type", view === "all" ? "ALL" : "DELETED_ONLY");
  for (const column of columns ?? everything) search.append("columns", column);
  // A CSV from a page is opened in a spreadsheet, which takes some texts for formulas.
  if (format === "csv") search.set("escape_formulas", "true");
  return `/api/v4/projects/${encodeURIComponent(of.project)}/ml/mlflow/api/1.0/loggia/export/runs?${search}`;
}

/** The filter, and the part of the name that is looked for beside it. */
function filterOf({ filter, name }: CandidatesOf): string {
  if (name === "") return filter;
  const pattern = `%${name.replace(/[\\%_]/g, "\\$&")}%`;
  const named = `attributes.run_name ILIKE ${quotedValue(pattern)}`;
  return filter === "" ? named : `${filter} AND ${named}`;
}
