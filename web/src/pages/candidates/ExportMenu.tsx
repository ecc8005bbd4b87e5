import { type ReactElement, type ReactNode, useState } from "react";
import type { CandidatesOf } from "../../api/candidates.ts";
import { type ExportFormat, exportAddress, mostExportedByName } from "../../api/exports.ts";
import { count } from "../../format/number.ts";
import { Menu, MenuCheck, MenuItem, MenuSeparator } from "../../parts/Menu.tsx";
import { type ChosenColumn, parseColumn } from "./column-ids.ts";

const formats: readonly { format: ExportFormat; title: string }[] = [
  { format: "csv", title: "CSV" },
  { format: "ndjson", title: "NDJSON" },
  { format: "parquet", title: "Parquet" },
];

/** Downloads candidates as a file that the server streams: those found in their order, or those selected. */
export function ExportMenu({
  of,
  columns,
  ids,
  trigger,
  label = "Export",
}: {
  of: CandidatesOf;
  columns: readonly ChosenColumn[];
  /** Run ids of the selected ones; undefined for all that are found. */
  ids?: readonly string[];
  trigger: ReactElement<Record<string, unknown>>;
  label?: ReactNode;
}) {
  const [isShown, setShown] = useState(false);
  const tooMany = ids !== undefined && ids.length > mostExportedByName;
  return (
    <Menu align="end" trigger={trigger} label={label}>
      {formats.map(({ format, title }) => (
        <MenuItem
          key={format}
          icon="download"
          disabled={tooMany}
          onSelect={() =>
            download(exportAddress(of, format, { ids, columns: isShown ? named(columns) : undefined }))
          }
        >
          {title}
        </MenuItem>
      ))}
      <MenuSeparator />
      {tooMany ? (
        <MenuItem disabled onSelect={() => {}}>
          Up to {count(mostExportedByName)} at a time; a filter exports any number
        </MenuItem>
      ) : (
        <MenuCheck checked={isShown} onChange={setShown}>
          Only the columns shown
        </MenuCheck>
      )}
    </Menu>
  );
}

/** Attributes as an export names them, which has the name, the times and the run's id in any case. */
const exported: Record<string, string> = { status: "status", user: "user_id" };

function named(columns: readonly ChosenColumn[]): string[] {
  const ids = columns.flatMap(({ id }) =>
    parseColumn(id)?.kind === "attribute" ? (exported[id] ?? []) : id,
  );
  // No name at all would be all of them.
  return ids.length > 0 ? ids : ["status"];
}

/** A link that is followed: the browser streams it to the disk, and the page stays. */
function download(address: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.click();
}
