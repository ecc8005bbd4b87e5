import type { CandidatesOf } from "../../api/candidates.ts";
import type { Experiment } from "../../api/experiments.ts";
import { count, counted } from "../../format/number.ts";
import styles from "./CandidatesPage.module.css";
import type { Candidates } from "./useCandidates.ts";
import type { View } from "./view.ts";

/** How many there are, below the table; what is live, and the export, will stand at its end. */
export const StatusLine = ({
  candidates: { total, hasMore },
  of,
  experiment,
  view,
  change,
}: {
  candidates: Candidates;
  of: CandidatesOf;
  experiment: Experiment | undefined;
  view: View;
  change: (change: Partial<View>) => void;
}) => (
  <footer className={styles.status}>
    <span role="status">{total === undefined ? "" : told(total, hasMore, of, experiment)}</span>
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
  </footer>
);

function told(total: number, hasMore: boolean, of: CandidatesOf, experiment: Experiment | undefined): string {
  const more = hasMore ? "more than " : "";
  const all = of.stage === "active" ? experiment?.candidates : experiment?.deletedCandidates;
  if (of.filter !== "" || of.name !== "")
    return all === undefined || of.stage === "all"
      ? `${more}${counted(total, "candidate")} found`
      : `${more}${count(total)} of ${counted(Math.max(all, total), "candidate")}`;
  if (of.isTopLevel && of.stage !== "all" && all !== undefined && all > total && !hasMore)
    return `${counted(all, "candidate")}, ${count(all - total)} of them below others`;
  return `${more}${counted(total, "candidate")}`;
}
