import type { Candidate } from "../../api/candidates.ts";
import { quotedKey } from "../../filter/complete.ts";
import { shortNumber } from "../../format/number.ts";
import { ago, duration, exactTime } from "../../format/time.ts";
import { Status } from "../../parts/Status.tsx";
import type { GridColumn } from "../../table/column.ts";
import styles from "./cells.module.css";
import { JobCell } from "./JobCell.tsx";
import { NameCell } from "./NameCell.tsx";

/**
 * A column of candidates is named by an id: that of an attribute (`name`, `created`), or as a filter names what was logged:
 * `metrics.loss`, `params.depth`, `tags.team`. Addresses hold these ids.
 */
export type ColumnKind = "attribute" | "metric" | "param" | "tag";

const prefixes: Record<string, ColumnKind> = { "metrics.": "metric", "params.": "param", "tags.": "tag" };

/** What an id names; undefined when it names nothing. */
export function parseColumn(id: string): { kind: ColumnKind; key: string } | undefined {
  if (attributes.has(id)) return { kind: "attribute", key: id };
  for (const [prefix, kind] of Object.entries(prefixes))
    if (id.startsWith(prefix) && id.length > prefix.length) return { kind, key: id.slice(prefix.length) };
  return undefined;
}
