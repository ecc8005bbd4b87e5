import type { ReactNode } from "react";
import type { CandidatesOf } from "../../api/candidates.ts";
import type { Experiment } from "../../api/experiments.ts";
import { count, counted } from "../../format/number.ts";
import { Button } from "../../parts/Button.tsx";
import styles from "./CandidatesPage.module.css";
import type { ChosenColumn } from "./column-ids.ts";
import { ExportMenu } from "./ExportMenu.tsx";
import { LiveMark } from "./LiveMark.tsx";
import type { Candidates } from "./useCandidates.ts";
import type { Live } from "./useLive.ts";
import type { View } from "./view.ts";

/** Below the table: how many there are, whether that is live, and how they leave as a file. */
export const StatusLine = ({
  candidates: { total, hasMore, error },
  of,
  experiment,
  columns,
  live,
  view,
  change,
}: {
  candidates: Candidates;
  of: CandidatesOf;
  experiment: Experiment | undefined;
  columns: readonly ChosenColumn[];
  live: Live;
  view: View;
  change: (change: Partial<View>) => void;
}) => (
  <footer className={styles.status}>
    <span role="status">{total === undefined ? "" : told(total, hasMore, of, experiment)}</span>
    {total === undefined && error !== null ? null : <LiveMark live={live} />}
    <label className={styles.tree}>
      <input
        type="checkbox"
        checked={view.isTree}
        onChange={(event) => change({ isTree: event.target.checked })}
      />
      <span>
        Children below <span className={styles.wide}>their parents</span>
      </span>
    </label>
    <ExportMenu
      of={of}
      columns={columns}
      label={<span className={styles.word}>Export</span>}
      trigger={<Button kind="quiet" icon="download" className={styles.export ?? ""} />}
    />
  </footer>
);

function told(
  total: number,
  hasMore: boolean,
  of: CandidatesOf,
  experiment: Experiment | undefined,
): ReactNode {
  const more = hasMore ? "more than " : "";
  const all = of.stage === "active" ? experiment?.candidates : experiment?.deletedCandidates;
  if (of.filter !== "" || of.name !== "")
    return all === undefined || of.stage === "all"
      ? `${more}${counted(total, "candidate")} found`
      : `${more}${count(total)} of ${counted(Math.max(all, total), "candidate")}`;
  if (of.isTopLevel && of.stage !== "all" && all !== undefined && all > total && !hasMore)
    return (
      <>
        {counted(all, "candidate")}
        <span className={styles.wide}>, {count(all - total)} of them below others</span>
      </>
    );
  return `${more}${counted(total, "candidate")}`;
}
