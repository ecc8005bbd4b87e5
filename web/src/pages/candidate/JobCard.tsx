import type { ReactNode } from "react";
import type { Job } from "../../api/candidate.ts";
import { safeLink } from "../../format/link.ts";
import { Moment } from "../../parts/Time.tsx";
import { Card, Fact, Facts } from "./Card.tsx";
import styles from "./Details.module.css";

/** The CI job that made the candidate, and who says so. */
export function JobCard({ job }: { job: Job }) {
  const { verified, commitSha, commitTitle, mergeRequest, triggeredBy, triggeredByName } = job;
  const who = triggeredByName ?? triggeredBy;
  return (
    <Card title="CI job">
      <p className={styles.trust}>
        {verified ? (
          <>
            <strong>Verified.</strong> The job proved with its id-token that it made this candidate.
          </>
        ) : (
          <>
            <strong>Claimed.</strong> The client named this job; the CI system did not vouch for it.
          </>
        )}
      </p>
      <Facts>
        <Fact name="Job">
          <Out href={job.url}>{job.name ?? job.jobId}</Out>
        </Fact>
        <Fact name="Status">{job.status}</Fact>
        <Fact name="Stage">{job.stage}</Fact>
        <Fact name="Pipeline">
          {job.pipelineId === undefined ? null : <Out href={job.pipelineUrl}>{job.pipelineId}</Out>}
        </Fact>
        <Fact name={job.refType === "tag" ? "Tag" : "Branch"}>{job.ref}</Fact>
        <Fact name="Commit">
          {commitSha === undefined ? null : (
            <>
              <Out href={job.commitUrl}>
                <code title={commitSha}>{commitSha.slice(0, 12)}</code>
              </Out>{" "}
              {commitTitle}
            </>
          )}
        </Fact>
        <Fact name="Merge request">
          {mergeRequest === undefined ? null : (
            <Out href={job.mergeRequestUrl}>
              {job.provider === "github" ? "#" : "!"}
              {mergeRequest}
            </Out>
          )}
        </Fact>
        <Fact name="Triggered by">
          {who === undefined ? null : <Out href={job.triggeredByUrl}>{who}</Out>}
        </Fact>
        <Fact name="Environment">{job.environment}</Fact>
        <Fact name="Repository">{job.repository}</Fact>
        <Fact name="Started">
          {job.startedAt === undefined ? undefined : <Moment time={Number(job.startedAt)} />}
        </Fact>
        <Fact name="Finished">
          {job.finishedAt === undefined ? undefined : <Moment time={Number(job.finishedAt)} />}
        </Fact>
      </Facts>
    </Card>
  );
}

/** A link to the CI system, if it is one of the web. */
function Out({ href, children }: { href: string | undefined; children: ReactNode }) {
  const link = safeLink(href);
  return link === undefined ? (
    children
  ) : (
    <a href={link} rel="noreferrer">
      {children}
    </a>
  );
}
