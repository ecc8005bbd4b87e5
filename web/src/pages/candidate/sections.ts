import type { ComponentType } from "react";
import type { CandidateDetail } from "../../api/candidate.ts";
import { type LaterComponent, later } from "../../parts/later.tsx";
import { modelsOf } from "./models/models.ts";
import { Overview } from "./Overview.tsx";

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
  Content: LaterComponent<SectionProps>;
}

type Loaded = Omit<Section, "Content"> & { load: () => Promise<ComponentType<SectionProps>> };

const section = ({ load, ...rest }: Loaded): Section => ({
  ...rest,
  Content: later(load),
});

/** The sections of a candidate's page, the others loaded when they are opened. A new one adds its line. */
export const sections: readonly Section[] = [
  // With the page itself, which nearly always begins with it.
  { id: "overview", title: "Overview", Content: Object.assign(Overview, { load() {} }) },
  section({
    id: "charts",
    title: "Charts",
    count: (detail) => detail.candidate.metrics.size,
    load: async () => (await import("./Charts.tsx")).Charts,
  }),
  section({
    id: "artifacts",
    title: "Artifacts",
    load: async () => (await import("./artifacts/Artifacts.tsx")).Artifacts,
  }),
  section({
    id: "models",
    title: "Models",
    count: (detail) => modelsOf(detail).length,
    load: async () => (await import("./models/Models.tsx")).Models,
  }),
];
