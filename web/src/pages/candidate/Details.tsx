import { Link } from "@tanstack/react-router";
import type { CandidateDetail } from "../../api/candidate.ts";
import { safeLink } from "../../format/link.ts";
import { CopyButton, Snippet } from "../../parts/Copy.tsx";
import { Moment } from "../../parts/Time.tsx";
import { trackingUri } from "../home/snippets.ts";
import { Card, Fact, Facts } from "./Card.tsx";
import styles from "./Details.module.css";

/** The ids, each to be copied; when it ran; from what; and how a client reads it. */
export function Details({ project, detail }: { project: string; detail: CandidateDetail }) {
  const { candidate, experiment } = detail;
  const { id, iid, artifactUri, startedAt, endedAt, user, tags } = candidate;
  const commit = tags.get("mlflow.source.git.commit") ?? "";
  const repository = safeLink(tags.get("mlflow.source.git.repoURL"));
  return (
    <Card title="Details">
      <Facts>
        <Fact name="Run ID" tools={<CopyButton text={id} label="Copy the run ID" />}>
          <code>{id}</code>
        </Fact>
        <Fact name="Candidate" tools={<CopyButton text={iid} label="Copy the candidate's number" />}>
          {iid}
        </Fact>
        <Fact name="Experiment" tools={<CopyButton text={experiment.id} label="Copy the experiment ID" />}>
          <Link to="/p/$project/ml/experiments/$experiment" params={{ project, experiment: experiment.id }}>
            {experiment.name}
          </Link>{" "}
          <span className={styles.soft}>{experiment.id}</span>
        </Fact>
        <Fact name="Artifacts" tools={<CopyButton text={artifactUri} label="Copy the artifact URI" />}>
          <code>{artifactUri}</code>
        </Fact>
        <Fact name="Started">{startedAt === undefined ? undefined : <Moment time={startedAt} />}</Fact>
        <Fact name="Ended">{endedAt === undefined ? undefined : <Moment time={endedAt} />}</Fact>
        <Fact name="User">{user}</Fact>
        <Fact name="Source">{tags.get("mlflow.source.name")}</Fact>
        <Fact name="Commit" tools={<CopyButton text={commit} label="Copy the commit" />}>
          {commit === "" ? undefined : <code title={commit}>{commit.slice(0, 12)}</code>}
        </Fact>
        <Fact name="Branch">{tags.get("mlflow.source.git.branch")}</Fact>
        <Fact name="Repository">
          {repository === undefined ? (
            tags.get("mlflow.source.git.repoURL")
          ) : (
            <a href={repository} rel="noreferrer">
              {repository}
            </a>
          )}
        </Fact>
      </Facts>
      <details className={styles.snippet}>
        <summary>Load in Python</summary>
        <Snippet label="the Python code" text={loading(project, id)} />
      </details>
    </Card>
  );
}

/** What of a run a client reads, and how. */
const loading = (project: string, runId: string) => `import mlflow

mlflow.set_tracking_uri("${trackingUri(project)}")
run = mlflow.get_run("${runId}")
print(run.data.params, run.data.metrics)

files = mlflow.artifacts.download_artifacts(run_id="${runId}")`;
