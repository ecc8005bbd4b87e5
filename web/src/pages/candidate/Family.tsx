import { Link } from "@tanstack/react-router";
import type { CandidateDetail } from "../../api/candidate.ts";
import type { Candidate } from "../../api/candidates.ts";
import { counted } from "../../format/number.ts";
import { Status } from "../../parts/Status.tsx";
import { Duration } from "../../parts/Time.tsx";
import { Card } from "./Card.tsx";
import styles from "./Details.module.css";

/** So many children are listed; the table of the experiment has the others. */
const most = 20;

/** The parent and the children of a candidate; nothing when it has neither. */
export function Family({ project, detail }: { project: string; detail: CandidateDetail }) {
  const { candidate, parent, children, experiment } = detail;
  if (parent === undefined && children.length === 0) return null;
  const shown = children.slice(0, most);
  const total = candidate.children;
  return (
    <Card title="Parent and children" flush>
      {parent === undefined ? null : (
        <>
          <h3 className={styles.label}>Parent</h3>
          <ul className={styles.list}>
            <Relative project={project} candidate={parent} />
          </ul>
        </>
      )}
      {shown.length === 0 ? null : (
        <>
          <h3 className={styles.label}>
            {total >= 1000 ? "1,000 children or more" : counted(total, "child", "children")}
          </h3>
          <ul className={styles.list}>
            {shown.map((child) => (
              <Relative key={child.id} project={project} candidate={child} />
            ))}
          </ul>
          {shown.length < total || shown.length > 1 ? (
            <p className={styles.end}>
              <Link
                to="/p/$project/ml/experiments/$experiment"
                params={{ project, experiment: experiment.id }}
                search={{ filter: `tags.\`mlflow.parentRunId\` = '${candidate.id}'` }}
              >
                Compare all of them in the table
              </Link>
            </p>
          ) : null}
        </>
      )}
    </Card>
  );
}

const Relative = ({
  project,
  candidate: { iid, id, name, status, startedAt, endedAt },
}: {
  project: string;
  candidate: Candidate;
}) => (
  <li>
    <Link to="/p/$project/ml/candidates/$candidate" params={{ project, candidate: iid }}>
      {name || id}
    </Link>
    <span className={styles.facts}>
      {startedAt === undefined || endedAt === undefined ? null : <Duration ms={endedAt - startedAt} />}
      <Status status={status} />
    </span>
  </li>
);
