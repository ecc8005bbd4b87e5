import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { experimentsQuery, type Stage } from "../../api/experiments.ts";
import { accessQuery } from "../../api/viewer.ts";
import { Button } from "../../parts/Button.tsx";
import { SearchBox } from "../../parts/Field.tsx";
import { later } from "../../parts/later.tsx";
import { FailureNotice, Notice } from "../../parts/Notice.tsx";
import { Switcher } from "../../parts/Switcher.tsx";
import { useShortcut } from "../../shell/shortcuts.ts";
import { useTitle } from "../../shell/title.ts";
import { FirstSteps } from "../home/FirstSteps.tsx";
import page from "../page.module.css";
import { ExperimentsTable } from "./ExperimentsTable.tsx";
import { filtered, parseSort, printSort } from "./sorting.ts";

const NameDialog = later(async () => (await import("./NameDialog.tsx")).NameDialog);

const stages = [
  { value: "active", text: "Active" },
  { value: "deleted", text: "Trash" },
] as const;

/** The experiments of a project. The address holds the stage, the order and the text that is searched for. */
export function ExperimentsPage() {
  const { project = "" } = useParams({ strict: false });
  const { view, search = "", sort } = useSearch({ strict: false });
  const navigate = useNavigate();
  useTitle("Experiments", project);
  const stage: Stage = view === "deleted" ? "deleted" : "active";
  const { data: access } = useQuery(accessQuery(project));
  const { data: experiments, error, refetch } = useQuery(experimentsQuery(project, stage));
  const [isCreating, setCreating] = useState(false);
  const writes = access?.canWriteExperiments ?? false;
  const sorting = parseSort(sort);

  const change = (next: Record<string, string>) =>
    navigate({
      to: ".",
      search: (now) => ({ ...now, ...next }),
      replace: "search" in next,
    });

  useShortcut("/", "Find an experiment", () => document.getElementById("find-experiment")?.focus());
  useShortcut("c", "New experiment", () => {
    if (writes) setCreating(true);
  });

  if (error !== null && experiments === undefined) return <FailureNotice error={error} retry={refetch} />;
  const shown = experiments && filtered(experiments, search, sorting);
  const isUntouched =
    stage === "active" &&
    experiments !== undefined &&
    experiments.every(({ id, candidates }) => id === "0" && candidates === 0);
  return (
    <div className={page.page}>
      <div className={page.head}>
        <h1>Experiments</h1>
        <div className={page.tools}>
          <SearchBox
            id="find-experiment"
            label="Find an experiment"
            value={search}
            onChange={(event) => change({ search: event.target.value })}
          />
          <Switcher
            label="Which experiments"
            value={stage}
            choices={stages}
            onChoose={(value) => change({ view: value === "active" ? "" : value })}
          />
          {writes ? (
            <Button kind="primary" icon="add" onClick={() => setCreating(true)}>
              New experiment
            </Button>
          ) : null}
        </div>
      </div>
      {shown?.length === 0 ? (
        <Empty stage={stage} search={search} clear={() => change({ search: "" })} />
      ) : (
        <ExperimentsTable
          project={project}
          experiments={shown}
          writes={writes}
          sorting={sorting}
          onSort={(next) => change({ sort: printSort(next) })}
        />
      )}
      {isUntouched && access ? <FirstSteps projects={[access]} /> : null}
      {isCreating ? <NameDialog project={project} onClose={() => setCreating(false)} /> : null}
    </div>
  );
}

function Empty({ stage, search, clear }: { stage: Stage; search: string; clear: () => void }) {
  if (search !== "")
    return (
      <Notice
        icon="search"
        title="No experiment has this name"
        actions={<Button onClick={clear}>Clear</Button>}
      >
        <p>Nothing contains “{search}”.</p>
      </Notice>
    );
  return stage === "deleted" ? (
    <Notice icon="trash" title="The trash is empty">
      <p>Deleted experiments stay here until they are purged, and can be restored.</p>
    </Notice>
  ) : (
    <Notice icon="columns" title="No experiments yet">
      <p>One is made when a client logs to it, or by you.</p>
    </Notice>
  );
}
