import { RunCharts } from "../../charts/RunCharts.tsx";
import type { SectionProps } from "./sections.ts";

/** Every metric of the candidate as a line. */
export const Charts = ({ project, detail }: SectionProps) => (
  <RunCharts project={project} runIds={[detail.candidate.id]} />
);
