import { descriptionTag } from "../../api/experiments.ts";
import { Markdown } from "../../parts/Markdown.tsx";
import styles from "./CandidatePage.module.css";
import { Card } from "./Card.tsx";
import { Details } from "./Details.tsx";
import { Family } from "./Family.tsx";
import { JobCard } from "./JobCard.tsx";
import { Metadata } from "./Metadata.tsx";
import { Metrics } from "./Metrics.tsx";
import { Parameters } from "./Parameters.tsx";
import { Registered } from "./Registered.tsx";
import type { SectionProps } from "./sections.ts";

/** What was logged, and what is known of the candidate beside it. */
export function Overview({ project, detail, writes }: SectionProps) {
  const { candidate, metrics, job, versions } = detail;
  const description = candidate.tags.get(descriptionTag) ?? "";
  return (
    <div className={styles.overview}>
      <div className={`${styles.column} ${styles.main}`}>
        {description.trim() === "" ? null : (
          <div className={styles.wide}>
            <Card title="Description">
              <Markdown text={description} />
            </Card>
          </div>
        )}
        <div className={styles.column}>
          <Metrics metrics={metrics} />
        </div>
        <div className={styles.column}>
          <Parameters params={candidate.params} />
          <Metadata project={project} candidate={candidate} writes={writes} />
        </div>
      </div>
      <div className={styles.column}>
        <Details project={project} detail={detail} />
        {job === undefined ? null : <JobCard job={job} />}
        {versions.length === 0 ? null : <Registered project={project} versions={versions} />}
        <Family project={project} detail={detail} />
      </div>
    </div>
  );
}
