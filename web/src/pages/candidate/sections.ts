import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import type { CandidateDetail } from "../../api/candidate.ts";
import { modelsOf } from "./models/models.ts";

export interface SectionProps {
  project: string;
  detail: CandidateDetail;
  /** Whether the viewer may change runs. */
  writes: boolean;
}

interface Section {
  /** In the address: `?tab=…`. */
  id: string;
  title: string;
  /** How many there are; the section is left out when there are none. */
  count?: (detail: CandidateDetail) => number;
  Content: LazyExoticComponent<ComponentType<SectionProps>> | ComponentType<SectionProps>;
}

/** The sections of a candidate's page, each loaded when it is opened. A new one adds its line. */
export const sections: readonly Section[] = [
  {
    id: "overview",
    title: "Overview",
    Content: lazy(async () => ({ default: (await import("./Overview.tsx")).Overview })),
  },
  {
    id: "charts",
    title: "Charts",
    count: (detail) => detail.candidate.metrics.size,
    Content: lazy(async () => ({ default: (await import("./Charts.tsx")).Charts })),
  },
  {
    id: "artifacts",
    title: "Artifacts",
    Content: lazy(async () => ({ default: (await import("./artifacts/Artifacts.tsx")).Artifacts })),
  },
  {
    id: "models",
    title: "Models",
    count: (detail) => modelsOf(detail).length,
    Content: lazy(async () => ({ default: (await import("./models/Models.tsx")).Models })),
  },
];
