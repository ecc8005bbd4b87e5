import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { candidateQuery } from "../../api/candidate.ts";
import { accessQuery } from "../../api/viewer.ts";
import { count as thousands } from "../../format/number.ts";
import { FailureNotice } from "../../parts/Notice.tsx";
import { useTitle } from "../../shell/title.ts";
import { CandidateHead } from "./CandidateHead.tsx";
import styles from "./CandidatePage.module.css";
import { sections } from "./sections.ts";

/** One candidate, by its number or its run id. The address holds which section is open. */
export function CandidatePage() {
  const { project = "", candidate: reference = "" } = useParams({ strict: false });
  const { tab } = useSearch({ strict: false });
  const { data: detail, error, refetch } = useQuery(candidateQuery(project, reference));
  const { data: access } = useQuery(accessQuery(project));
  // Its code comes while the candidate is on its way.
  useEffect(() => (sections.find(({ id }) => id === tab) ?? sections[0])?.Content.load(), [tab]);
  useTitle(detail?.candidate.name, detail?.experiment.name, project);
  if (error !== null && detail === undefined) return <FailureNotice error={error} retry={refetch} />;
  if (detail === undefined) return <Waiting />;
  const shown = sections.filter(({ id, count }) => id === tab || count === undefined || count(detail) > 0);
  const open = shown.find(({ id }) => id === tab) ?? shown[0];
  const writes = access?.canWriteRuns ?? false;
  return (
    <div className={styles.page} data-section={open?.id}>
      <CandidateHead project={project} detail={detail} writes={writes} />
      <nav className={styles.tabs} aria-label="Sections of the candidate">
        {shown.map(({ id, title, count }) => (
          <Link
            key={id}
            to="."
            search={id === "overview" ? {} : { tab: id }}
            activeOptions={{ exact: id === "overview", includeSearch: true }}
          >
            {title}
            {count === undefined ? null : <small>{thousands(count(detail))}</small>}
          </Link>
        ))}
      </nav>
      {open === undefined ? null : (
        <div className={styles.content}>
          <open.Content
            key={`${open.id} ${detail.candidate.id}`}
            project={project}
            detail={detail}
            writes={writes}
          />
        </div>
      )}
    </div>
  );
}

/** The shape of the page, while it is on its way. */
const Waiting = () => (
  <div className={styles.page} aria-busy="true">
    <p className="visually-hidden" role="status">
      Loading
    </p>
    <div className={styles.waitingHead} />
    <div className={styles.waitingBody} />
  </div>
);
