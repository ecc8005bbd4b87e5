import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { failureOf } from "../../api/failure.ts";
import type { Run } from "../../api/runs.ts";
import { chartRun } from "../../charts/useLines.ts";
import { useLooks } from "../../charts/useLooks.ts";
import { useRuns } from "../../charts/useRuns.ts";
import { counted } from "../../format/number.ts";
import { Button } from "../../parts/Button.tsx";
import { SearchBox } from "../../parts/Field.tsx";
import { later } from "../../parts/later.tsx";
import { FailureNotice, Notice } from "../../parts/Notice.tsx";
import { Up } from "../../parts/Up.tsx";
import { useTitle } from "../../shell/title.ts";
import styles from "./ComparePage.module.css";
import { ComparisonTable } from "./ComparisonTable.tsx";
import { type Comparison, mostRuns, parseComparison, printComparison } from "./compare.ts";

const AddRunDialog = later(async () => (await import("./AddRunDialog.tsx")).AddRunDialog);

const MetricCharts = later(
  async () => (await import("../../charts/MetricCharts.tsx")).MetricCharts,
  <div className={styles.waiting} />,
);

/** Runs side by side, whichever experiments they are of. */
export function ComparePage() {
  const { project = "" } = useParams({ strict: false });
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const comparison = useMemo(() => parseComparison(search), [search]);
  const key = comparison.runs.join(",");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same ids while other parts of the address change
  const ids = useMemo(() => comparison.runs, [key]);
  const { runs, settled, isWaiting, failures } = useRuns(project, ids);
  const look = useLooks(ids);
  const [isAdding, setAdding] = useState(false);
  // Its code comes beside the runs.
  useEffect(() => MetricCharts.load(), []);
  useTitle("Compare", project);
  const change = useCallback(
    (change: Partial<Comparison>) =>
      void navigate({
        to: ".",
        search: (now) => ({ ...now, ...printComparison(change) }),
        replace: change.runs === undefined,
        resetScroll: false,
      }),
    [navigate],
  );
  const drawn = useMemo(() => settled.map((run) => chartRun(run, look(run.id))), [settled, look]);
  const metrics = useMemo(
    () => [...new Set(settled.flatMap(({ metrics }) => [...metrics.keys()]))],
    [settled],
  );

  const add = (
    <Button
      kind={ids.length === 0 ? "primary" : "plain"}
      icon="add"
      disabled={ids.length >= mostRuns}
      onClick={() => setAdding(true)}
    >
      Add a candidate
    </Button>
  );
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        <div className={styles.title}>
          <Where project={project} runs={settled} />
          <h1>Compare {ids.length === 0 ? "candidates" : counted(ids.length, "candidate")}</h1>
        </div>
        {ids.length === 0 ? null : (
          <>
            <SearchBox
              className={styles.find ?? ""}
              label="Find a parameter, metric or tag"
              value={comparison.find}
              onChange={(event) => change({ find: event.target.value })}
            />
            <label className={styles.switch}>
              <input
                type="checkbox"
                checked={comparison.isDifferent}
                onChange={(event) => change({ isDifferent: event.target.checked })}
              />
              Only what differs
            </label>
            {add}
          </>
        )}
      </div>
      {failures.length === 0 || runs.length === 0 ? null : (
        <p className={styles.absent} role="alert">
          {failures.map(({ id, error }) => (
            <span key={id}>
              {failureOf(error).message}{" "}
              <Button kind="quiet" onClick={() => change({ runs: ids.filter((one) => one !== id) })}>
                Leave it out
              </Button>
            </span>
          ))}
        </p>
      )}
      {ids.length === 0 ? (
        <Notice icon="compare" title="Nothing to compare yet" actions={add}>
          <p>Select candidates in an experiment and press Compare, or add some here one by one.</p>
        </Notice>
      ) : runs.length === 0 && failures[0] !== undefined && !isWaiting ? (
        <FailureNotice error={failures[0].error} />
      ) : runs.length === 0 ? (
        <div className={styles.waiting} />
      ) : (
        <>
          <ComparisonTable
            project={project}
            runs={runs}
            look={look}
            comparison={comparison}
            change={change}
          />
          <h2>Charts</h2>
          {settled.length === 0 ? (
            <div className={styles.waiting} />
          ) : (
            <MetricCharts project={project} runs={drawn} metrics={metrics} />
          )}
        </>
      )}
      {isAdding ? (
        <AddRunDialog
          project={project}
          present={runs}
          onAdd={(id) => change({ runs: [...ids, id] })}
          onClose={() => setAdding(false)}
        />
      ) : null}
    </div>
  );
}

/** The way back: to the experiment, where all are of one. */
function Where({ project, runs }: { project: string; runs: readonly Run[] }) {
  const experiment = runs[0]?.experiment;
  const isOne = runs.every((run) => run.experiment.id === experiment?.id);
  return (
    <Up label="Where they belong">
      <Link to="/p/$project/ml/experiments" params={{ project }}>
        Experiments
      </Link>
      {experiment === undefined || !isOne ? null : (
        <>
          <span aria-hidden="true">/</span>
          <Link to="/p/$project/ml/experiments/$experiment" params={{ project, experiment: experiment.id }}>
            {experiment.name}
          </Link>
        </>
      )}
    </Up>
  );
}
