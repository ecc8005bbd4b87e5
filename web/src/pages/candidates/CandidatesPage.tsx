import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { experimentQuery } from "../../api/experiments.ts";
import { accessQuery } from "../../api/viewer.ts";
import { FailureNotice } from "../../parts/Notice.tsx";
import { useTitle } from "../../shell/title.ts";
import styles from "./CandidatesPage.module.css";
import { CandidatesTable } from "./CandidatesTable.tsx";
import { ExperimentHead } from "./ExperimentHead.tsx";

/** An experiment: what it is, and its candidates. */
export function CandidatesPage() {
  const { project = "", experiment: id = "" } = useParams({ strict: false });
  const { data: experiment, error, refetch } = useQuery(experimentQuery(project, id));
  const { data: access } = useQuery(accessQuery(project));
  useTitle(experiment?.name, project);
  if (error !== null && experiment === undefined) return <FailureNotice error={error} retry={refetch} />;
  const writes = access?.canWriteRuns ?? false;
  return (
    <div className={styles.page}>
      {experiment === undefined ? (
        <div className={styles.waiting} />
      ) : (
        <ExperimentHead
          project={project}
          experiment={experiment}
          writes={access?.canWriteExperiments ?? false}
        />
      )}
      <CandidatesTable
        key={`${project} ${id}`}
        project={project}
        id={id}
        experiment={experiment}
        writes={writes}
      />
    </div>
  );
}
