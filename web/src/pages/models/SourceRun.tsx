import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { sourceRunQuery } from "../../api/models.ts";
import styles from "./Models.module.css";

/** The candidate that a version was made from. */
export function SourceRun({ project, runId }: { project: string; runId: string }) {
  const { data: run } = useQuery({ ...sourceRunQuery(project, runId), enabled: runId !== "" });
  if (runId === "") return <span className={styles.gone}>None</span>;
  if (run === undefined || run === null)
    return (
      <span className={`${styles.run} ${styles.gone}`} title={runId}>
        {run === null ? "Purged" : runId.slice(0, 8)}
      </span>
    );
  return (
    <Link
      className={styles.run}
      to="/p/$project/ml/candidates/$candidate"
      params={{ project, candidate: run.iid }}
      title={run.name}
    >
      {run.name || `Candidate ${run.iid}`}
    </Link>
  );
}
