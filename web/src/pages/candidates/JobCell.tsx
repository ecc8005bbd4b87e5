import type { Candidate } from "../../api/candidates.ts";
import { safeLink } from "../../format/link.ts";
import styles from "./cells.module.css";

/** The CI job that made the candidate: a link where there is an address. */
export function JobCell({ candidate: { job } }: { candidate: Candidate }) {
  if (job === undefined) return null;
  const title = `${job.name} (${job.isVerified ? "verified" : "claimed by the client"})`;
  const href = safeLink(job.url);
  return href === undefined ? (
    <span className={styles.job} title={title}>
      {job.name}
    </span>
  ) : (
    <a className={styles.job} href={href} title={title} rel="noreferrer" tabIndex={-1}>
      {job.name}
    </a>
  );
}
