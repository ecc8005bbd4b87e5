import type { Experiment } from "../../api/experiments.ts";
import { failureOf } from "../../api/failure.ts";
import { Button } from "../../parts/Button.tsx";
import { Snippet } from "../../parts/Copy.tsx";
import { FailureNotice, Notice } from "../../parts/Notice.tsx";
import { trackingUri, training } from "../home/snippets.ts";
import styles from "./CandidatesPage.module.css";
import type { View } from "./view.ts";

/** What stands over a table without rows: why there are none. */
export function EmptyCandidates({
  project,
  experiment,
  view,
  total,
  error,
  retry,
  change,
}: {
  project: string;
  experiment: Experiment | undefined;
  view: View;
  total: number | undefined;
  error: Error | null;
  retry: () => void;
  change: (change: Partial<View>) => void;
}) {
  if (error !== null) {
    // What is wrong with the filter stands at the filter; the rows of the one before stay.
    if (total !== undefined) return null;
    if (failureOf(error).kind === "refused")
      return (
        <div className={styles.over}>
          <Notice
            icon="filter"
            title="This filter is not understood"
            actions={
              <Button onClick={() => change({ filter: "", sort: undefined })}>Clear the filter</Button>
            }
          >
            <p>What is wrong is marked in it.</p>
          </Notice>
        </div>
      );
    return (
      <div className={styles.over}>
        <FailureNotice error={error} retry={retry} />
      </div>
    );
  }
  if (total !== 0) return null;
  const isNarrowed = view.filter !== "" || view.name !== "";
  return (
    <div className={styles.over}>
      {isNarrowed ? (
        <Notice
          icon="filter"
          title="No candidate matches"
          actions={<Button onClick={() => change({ filter: "", name: "" })}>Clear the filter</Button>}
        >
          <p>Others of this experiment may: the filter, the name and the trash each leave some out.</p>
        </Notice>
      ) : view.stage === "deleted" ? (
        <Notice icon="trash" title="Nothing is deleted">
          <p>Deleted candidates stay here until they are purged, and can be restored.</p>
        </Notice>
      ) : (
        <Notice icon="columns" title="No candidates yet">
          <p>The first appears here when a client starts a run in this experiment.</p>
          <div className={styles.paste}>
            <Snippet label="the tracking URI" text={`export MLFLOW_TRACKING_URI=${trackingUri(project)}`} />
            {experiment === undefined ? null : (
              <Snippet label="the Python code" text={training(experiment.name)} />
            )}
          </div>
        </Notice>
      )}
    </div>
  );
}
