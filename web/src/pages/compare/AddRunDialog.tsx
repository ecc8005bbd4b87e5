import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { candidatesQuery } from "../../api/candidates.ts";
import { experimentsQuery } from "../../api/experiments.ts";
import type { Run } from "../../api/runs.ts";
import { ago } from "../../format/time.ts";
import { Button } from "../../parts/Button.tsx";
import { Dialog } from "../../parts/Dialog.tsx";
import { inputClass, SearchBox } from "../../parts/Field.tsx";
import { FailureLine } from "../../parts/Notice.tsx";
import { Status } from "../../parts/Status.tsx";
import styles from "./ComparePage.module.css";

/** Finds runs of any experiment of the project and adds them, one press each. */
export function AddRunDialog({
  project,
  present,
  onAdd,
  onClose,
}: {
  project: string;
  present: readonly Run[];
  onAdd: (id: string) => void;
  onClose: () => void;
}) {
  const id = useId();
  const { data: experiments = [] } = useQuery(experimentsQuery(project, "active"));
  const [chosen, setChosen] = useState(present.at(-1)?.experiment.id);
  const [name, setName] = useState("");
  const experiment = chosen ?? experiments[0]?.id;
  const { data, error } = useQuery({
    ...candidatesQuery(
      {
        project,
        experiment: experiment ?? "",
        filter: "",
        name,
        orderBy: "",
        stage: "active",
        isTopLevel: false,
        keys: { metrics: [], params: [], tags: [] },
      },
      0,
    ),
    enabled: experiment !== undefined,
    placeholderData: (before) => before,
  });
  const has = (id: string) => present.some((run) => run.id === id);
  const found = /^[0-9a-f]{32}$/.test(name.trim()) && !has(name.trim()) ? name.trim() : undefined;
  return (
    <Dialog title="Add a candidate" onClose={onClose}>
      <div className={styles.adding}>
        <label htmlFor={id} className="visually-hidden">
          Experiment
        </label>
        <select
          id={id}
          className={inputClass}
          value={experiment ?? ""}
          onChange={(event) => setChosen(event.target.value)}
        >
          {experiments.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
        <SearchBox
          label="Find by name, or paste a run id"
          autoFocus
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        {error === null ? null : <FailureLine error={error} />}
        {found === undefined ? null : (
          <Button icon="add" onClick={() => onAdd(found)}>
            Add the candidate of this id
          </Button>
        )}
        <ul>
          {data?.rows.map((run) => (
            <li key={run.id}>
              <span title={run.id}>{run.name || run.id}</span>
              <Status status={run.status} />
              <small>{run.startedAt === undefined ? "" : ago(run.startedAt)}</small>
              <Button
                disabled={has(run.id)}
                aria-label={`Add ${run.name || run.id}`}
                onClick={() => onAdd(run.id)}
              >
                {has(run.id) ? "Added" : "Add"}
              </Button>
            </li>
          ))}
        </ul>
        {data?.rows.length === 0 && found === undefined ? <p>No candidate here has this name.</p> : null}
      </div>
    </Dialog>
  );
}
