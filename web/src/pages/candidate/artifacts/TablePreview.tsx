import { useMemo } from "react";
import { parseCsv } from "../../../format/csv.ts";
import { counted } from "../../../format/number.ts";
import { Notice } from "../../../parts/Notice.tsx";
import { Cell } from "../../../table/Cell.tsx";
import { VirtualRows } from "../../../table/VirtualRows.tsx";
import { startsOf } from "../../../table/window.ts";
import styles from "./Artifacts.module.css";

/** Records by which the columns are measured. */
const sampled = 200;

/** CSV or TSV as a table, its first record as the head. */
export function TablePreview({ name, text, isCut }: { name: string; text: string; isCut: boolean }) {
  const { head, rows, widths, numeric } = useMemo(() => tableOf(name, text, isCut), [name, text, isCut]);
  const starts = useMemo(() => startsOf(widths), [widths]);
  if (head.length === 0)
    return (
      <Notice icon="file" title="An empty table">
        <p>It has no rows.</p>
      </Notice>
    );
  const cells = (values: readonly string[], role: "cell" | "columnheader", first: number, end: number) =>
    widths.slice(first, end).map((width, i) => (
      <Cell
        key={starts[first + i]}
        role={role}
        isNumeric={numeric[first + i]}
        width={width}
        title={values[first + i]}
      >
        {values[first + i]}
      </Cell>
    ));
  return (
    <div className={styles.table}>
      <VirtualRows
        label={name}
        count={rows.length}
        starts={starts}
        className={styles.record}
        head={(first, end) => cells(head, "columnheader", first, end)}
        row={(index, first, end) => cells(rows[index] ?? [], "cell", first, end)}
      />
      <p className={styles.shape}>
        {counted(rows.length, "row")}
        {isCut ? " of those that were loaded" : ""}, {counted(head.length, "column")}
      </p>
    </div>
  );
}

function tableOf(name: string, text: string, isCut: boolean) {
  const records = parseCsv(text, /\.tsv$/i.test(name) ? "\t" : ",");
  // The last one may be half of one.
  if (isCut) records.pop();
  const [head = [], ...rows] = records;
  const some = rows.slice(0, sampled);
  const columns = Math.max(head.length, ...some.map((row) => row.length));
  const numeric: boolean[] = [];
  const widths: number[] = [];
  for (let column = 0; column < columns; column++) {
    const values = some.map((row) => row[column] ?? "").filter((value) => value !== "");
    numeric.push(values.length > 0 && values.every((value) => !Number.isNaN(Number(value))));
    const longest = Math.max(head[column]?.length ?? 0, ...values.map(({ length }) => length));
    widths.push(Math.min(360, Math.max(72, longest * 8.5 + 32)));
  }
  return { head: Array.from({ length: columns }, (_, i) => head[i] ?? ""), rows, widths, numeric };
}
