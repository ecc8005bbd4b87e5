import { useQuery } from "@tanstack/react-query";
import { projectQuery, usageQuery } from "../../api/projects.ts";
import { type ViewerProject, viewerQuery } from "../../api/viewer.ts";
import { bytes } from "../../format/bytes.ts";
import { count } from "../../format/number.ts";
import { FailureNotice } from "../../parts/Notice.tsx";
import styles from "./LimitsSection.module.css";
import { QuotasForm } from "./QuotasForm.tsx";
import { RetentionForm } from "./RetentionForm.tsx";
import { Section } from "./Sections.tsx";

/** What the project takes up, against its limits, and how long what is deleted stays. */
export function LimitsSection({ project, access }: { project: string; access: ViewerProject }) {
  const { data: usage, error, refetch } = useQuery(usageQuery(project));
  const { data: settings } = useQuery(projectQuery(project));
  const { data: who } = useQuery(viewerQuery);
  if (error !== null && usage === undefined) return <FailureNotice error={error} retry={refetch} />;
  if (usage === undefined || settings === undefined) return null;
  const rate = usage.quotaPointsPerMinute;
  return (
    <>
      <Section title="Usage">
        <dl className={styles.bars}>
          <Bar
            what="Candidates"
            used={usage.runs}
            quota={usage.quotaRuns}
            print={count}
            more={usage.deletedRuns > 0n ? `${count(Number(usage.deletedRuns))} of them deleted` : ""}
          />
          <Bar what="Artifacts" used={usage.artifactBytes} quota={usage.quotaArtifactBytes} print={bytes} />
          <Bar
            what={usage.metricPointsEstimated ? "Metric points, estimated" : "Metric points"}
            used={usage.metricPoints}
            quota={undefined}
            print={(points) => `${usage.metricPointsEstimated ? "about " : ""}${count(points)}`}
            more={rate === undefined ? "" : `at most ${count(Number(rate))} per minute`}
          />
          <Bar what="Registered models" used={usage.registeredModels} quota={undefined} print={count} />
        </dl>
      </Section>
      <RetentionForm
        project={project}
        days={settings.retentionDays}
        manages={access.canManageSettings}
        purges={access.canPurge}
        deleted={Number(usage.deletedRuns)}
      />
      <QuotasForm project={project} settings={settings} manages={who?.viewer.isAdministrator ?? false} />
    </>
  );
}

const Bar = ({
  what,
  used,
  quota,
  print,
  more = "",
}: {
  what: string;
  used: bigint;
  quota: bigint | undefined;
  print: (value: number) => string;
  more?: string;
}) => (
  <div className={styles.bar}>
    <dt>{what}</dt>
    <dd>
      <strong title={String(used)}>{print(Number(used))}</strong>
      {quota === undefined ? null : <span>of {print(Number(quota))}</span>}
      {more === "" ? null : <span>{more}</span>}
      {quota === undefined ? null : (
        <meter
          aria-label={`${what}, of the quota`}
          value={Number(used)}
          max={Math.max(1, Number(quota))}
          low={Number(quota) * 0.8}
          high={Number(quota) * 0.95}
          optimum={0}
        />
      )}
    </dd>
  </div>
);
