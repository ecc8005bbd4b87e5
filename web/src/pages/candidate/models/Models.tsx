import type { SectionProps } from "../sections.ts";
import styles from "./ModelCard.module.css";
import { ModelCard } from "./ModelCard.tsx";
import { modelsOf } from "./models.ts";

/** The models that the candidate logged, each with all that its MLmodel file says. */
export const Models = ({ project, detail }: SectionProps) => (
  <div className={styles.models}>
    {modelsOf(detail, project).map((model) => (
      <ModelCard key={model.uri} project={project} runId={detail.candidate.id} model={model} />
    ))}
  </div>
);
