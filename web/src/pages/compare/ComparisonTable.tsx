import { Link } from "@tanstack/react-router";
import { memo, type ReactNode, useMemo, useState } from "react";
import type { Run } from "../../api/runs.ts";
import { ownTags } from "../../api/tags.ts";
import type { Look } from "../../charts/palette.ts";
import { Swatch } from "../../charts/Swatch.tsx";
import { count, shortNumber } from "../../format/number.ts";
import { ago, duration, exactTime } from "../../format/time.ts";
import { IconButton } from "../../parts/Button.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { Status } from "../../parts/Status.tsx";
import { titleOnHover } from "../../parts/title-on-hover.ts";
import styles from "./ComparePage.module.css";
import { type Best, bestOf, type Comparison, type Row, rowsOf, usualBest } from "./compare.ts";

/** A column for each run, a row for each thing that they have. */
export const ComparisonTable = memo(function ComparisonTable({
  project,
  runs,
  look,
  comparison,
  change,
}: {
  project: string;
  runs: readonly Run[];
  look: (id: string) => Look;
  comparison: Comparison;
  change: (change: Partial<Comparison>) => void;
}) {
  const metrics = useMemo(() => rowsOf(runs.map(({ metrics }) => metrics)), [runs]);
  const params = useMemo(() => rowsOf(runs.map(({ params }) => params)), [runs]);
  const tags = useMemo(() => rowsOf(runs.map(({ tags }) => new Map(ownTags(tags)))), [runs]);
  const wanted = comparison.find.trim().toLowerCase();
  const shown = <T,>(rows: readonly Row<T>[]) =>
    rows.filter(
      ({ key, isDifferent }) =>
        key.toLowerCase().includes(wanted) && (isDifferent || !comparison.isDifferent),
    );
  const remove = (run: Run) => change({ runs: comparison.runs.filter((id) => id !== run.id) });
  const turn = (key: string, best: Best) => {
    const next = new Map(comparison.best);
    if (best === usualBest(key)) next.delete(key);
    else next.set(key, best);
    change({ best: next });
  };
  const parts = [
    <Section key="metrics" title="Metrics" rows={shown(metrics)} all={metrics.length} columns={runs.length}>
      {(row) => {
        const best = comparison.best.get(row.key) ?? usualBest(row.key);
        return <MetricRow key={row.key} row={row} best={best} onBest={(best) => turn(row.key, best)} />;
      }}
    </Section>,
    <Section key="params" title="Parameters" rows={shown(params)} all={params.length} columns={runs.length}>
      {(row) => <TextRow key={row.key} row={row} />}
    </Section>,
    <Section key="tags" title="Metadata" rows={shown(tags)} all={tags.length} columns={runs.length}>
      {(row) => <TextRow key={row.key} row={row} />}
    </Section>,
  ];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard
    <section className={styles.frame} tabIndex={0} aria-label="Runs side by side">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">What</span>
            </th>
            {runs.map((run) => (
              <th key={run.id} scope="col">
                <div className={styles.run}>
                  <Swatch look={look(run.id)} />
                  <Link
                    to="/p/$project/ml/candidates/$candidate"
                    params={{ project, candidate: run.iid }}
                    title={run.name || run.id}
                  >
                    {run.name || run.id}
                  </Link>
                  <IconButton
                    icon="close"
                    label={`Leave out ${run.name || run.id}`}
                    onClick={() => remove(run)}
                  />
                </div>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Facts project={project} runs={runs} isDifferent={comparison.isDifferent} />
        </tbody>
        {parts}
      </table>
    </section>
  );
});

const facts: readonly {
  title: string;
  read: (run: Run) => string;
  cell: (run: Run) => ReactNode;
  hint?: (run: Run) => string;
}[] = [
  { title: "Status", read: ({ status }) => status, cell: ({ status }) => <Status status={status} /> },
  {
    title: "Created",
    read: ({ startedAt }) => String(startedAt),
    cell: ({ startedAt }) => (startedAt === undefined ? "–" : ago(startedAt)),
    hint: ({ startedAt }) => (startedAt === undefined ? "" : exactTime(startedAt)),
  },
  {
    title: "Duration",
    read: (run) => String(took(run)),
    cell: (run) => {
      const ms = took(run);
      return ms === undefined ? "–" : duration(ms);
    },
  },
  { title: "User", read: ({ user }) => user, cell: ({ user }) => user || "–" },
];

const took = ({ startedAt, endedAt }: Run) =>
  startedAt === undefined || endedAt === undefined ? undefined : endedAt - startedAt;

function Facts({
  project,
  runs,
  isDifferent,
}: {
  project: string;
  runs: readonly Run[];
  isDifferent: boolean;
}) {
  const differ = (read: (run: Run) => string) => runs.some((run) => read(run) !== read(runs[0] ?? run));
  return (
    <>
      {isDifferent && !differ(({ experiment }) => experiment.id) ? null : (
        <tr>
          <th scope="row">Experiment</th>
          {runs.map(({ id, experiment }) => (
            <td key={id} title={experiment.name}>
              <Link
                to="/p/$project/ml/experiments/$experiment"
                params={{ project, experiment: experiment.id }}
              >
                {experiment.name}
              </Link>
            </td>
          ))}
        </tr>
      )}
      {facts.map(({ title, read, cell, hint }) =>
        isDifferent && !differ(read) ? null : (
          <tr key={title}>
            <th scope="row">{title}</th>
            {runs.map((run) => (
              <td key={run.id} {...(hint && titleOnHover(() => hint(run)))}>
                {cell(run)}
              </td>
            ))}
          </tr>
        ),
      )}
    </>
  );
}

/** More rows than this are drawn only when they are asked for. */
const mostRows = 100;

function Section<T>({
  title,
  rows,
  all,
  columns,
  children,
}: {
  title: string;
  rows: readonly Row<T>[];
  all: number;
  columns: number;
  children: (row: Row<T>) => ReactNode;
}) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? rows : rows.slice(0, mostRows);
  if (all === 0) return null;
  return (
    <tbody>
      <tr className={styles.section}>
        <th scope="rowgroup">
          {title} <small>{rows.length === all ? count(all) : `${count(rows.length)} of ${count(all)}`}</small>
        </th>
        <td colSpan={columns} />
      </tr>
      {shown.map(children)}
      {rows.length > shown.length ? (
        <tr>
          <th scope="row">
            <button type="button" className={styles.more} onClick={() => setWhole(true)}>
              {`Show ${count(rows.length - shown.length)} more`}
            </button>
          </th>
          <td colSpan={columns} />
        </tr>
      ) : null}
    </tbody>
  );
}

function MetricRow({ row, best, onBest }: { row: Row<number>; best: Best; onBest: (best: Best) => void }) {
  const winners = bestOf(row.values, best);
  const other = best === "least" ? "greatest" : "least";
  return (
    <tr data-differs={row.isDifferent || undefined}>
      <th scope="row" title={row.key}>
        <span className={styles.key}>
          <span>{row.key}</span>
          <IconButton
            icon={best === "least" ? "down" : "up"}
            label={`The ${best} ${row.key} is best; press for the ${other}`}
            onClick={() => onBest(other)}
          />
        </span>
      </th>
      {row.values.map((value, at) => (
        <td
          // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
          key={at}
          className={styles.number}
          data-best={winners.has(at) || undefined}
          title={value === undefined ? "Not logged" : String(value)}
        >
          {value === undefined ? (
            <span className={styles.missing}>–</span>
          ) : (
            <>
              {winners.has(at) ? <span className="visually-hidden">best: </span> : null}
              {shortNumber(value)}
              {winners.has(at) ? <Icon name="check" size={12} /> : null}
            </>
          )}
        </td>
      ))}
    </tr>
  );
}

const TextRow = ({ row }: { row: Row<string> }) => (
  <tr data-differs={row.isDifferent || undefined}>
    <th scope="row" title={row.key}>
      {row.key}
    </th>
    {row.values.map((value, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
      <td key={at} title={value ?? "Not logged"}>
        {value === undefined ? <span className={styles.missing}>–</span> : value.slice(0, 300)}
      </td>
    ))}
  </tr>
);
