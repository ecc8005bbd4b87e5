import styles from "./Status.module.css";

const words: Record<string, string> = {
  RUNNING: "Running",
  SCHEDULED: "Scheduled",
  FINISHED: "Finished",
  FAILED: "Failed",
  KILLED: "Killed",
};

/** The status of a run, in words and with a dot of its colour. */
export const Status = ({ status }: { status: string }) => (
  <span className={styles.status} data-status={status}>
    {words[status] ?? status}
  </span>
);
