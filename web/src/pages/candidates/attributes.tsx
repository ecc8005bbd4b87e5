import type { ReactNode } from "react";
import type { Candidate } from "../../api/candidates.ts";
import { duration, exactTime } from "../../format/time.ts";
import { Status } from "../../parts/Status.tsx";
import { AgoText } from "../../parts/Time.tsx";
import type { GridColumn } from "../../table/column.ts";
import styles from "./cells.module.css";
import { JobCell } from "./JobCell.tsx";
import { NameCell } from "./NameCell.tsx";

interface Attribute {
  title: string;
  width: number;
  isNumeric?: boolean;
  cell: GridColumn<Candidate>["cell"];
  text: GridColumn<Candidate>["text"];
}

/** A column that shows a value briefly, and in full on hover. */
const brief = <T,>(
  read: (candidate: Candidate) => T | undefined,
  short: (value: T) => ReactNode,
  full: (value: T) => string,
): Pick<Attribute, "cell" | "text"> => ({
  cell(candidate) {
    const value = read(candidate);
    return value === undefined ? "" : short(value);
  },
  text(candidate) {
    const value = read(candidate);
    return value === undefined ? undefined : full(value);
  },
});

const time = (read: (candidate: Candidate) => number | undefined) =>
  brief(read, (at) => <AgoText time={at} />, exactTime);

const took = ({ startedAt, endedAt }: Candidate) =>
  startedAt === undefined || endedAt === undefined ? undefined : endedAt - startedAt;

const source = ({ tags }: Candidate) => tags.get("mlflow.source.name");

/** The columns that every candidate has, by id, in their usual order. */
export const attributes: ReadonlyMap<string, Attribute> = new Map<string, Attribute>([
  [
    "name",
    {
      title: "Name",
      width: 220,
      cell: (one) => <NameCell candidate={one} />,
      text: ({ name }) => name,
    },
  ],
  [
    "status",
    {
      title: "Status",
      width: 104,
      cell: ({ status }) => <Status status={status} />,
      text: ({ status }) => status,
    },
  ],
  ["created", { title: "Created", width: 104, ...time(({ startedAt }) => startedAt) }],
  [
    "duration",
    {
      title: "Duration",
      width: 104,
      isNumeric: true,
      ...brief(took, duration, (ms) => `${ms} ms`),
    },
  ],
  ["user", { title: "User", width: 96, cell: ({ user }) => user, text: ({ user }) => user }],
  [
    "job",
    { title: "CI job", width: 128, cell: (one) => <JobCell candidate={one} />, text: ({ job }) => job?.name },
  ],
  ["ended", { title: "Ended", width: 104, ...time(({ endedAt }) => endedAt) }],
  [
    "artifacts",
    {
      title: "Artifacts",
      width: 88,
      cell: ({ hasArtifacts }) => (hasArtifacts ? "Yes" : ""),
      text: ({ artifactUri }) => artifactUri,
    },
  ],
  [
    "models",
    {
      title: "Models",
      width: 76,
      isNumeric: true,
      cell: ({ models }) => (models === 0 ? "" : String(models)),
      text: ({ models }) => String(models),
    },
  ],
  ["source", { title: "Source", width: 140, cell: (one) => source(one) ?? "", text: source }],
  [
    "id",
    {
      title: "Run ID",
      width: 280,
      cell: ({ id }) => <code className={styles.id}>{id}</code>,
      text: ({ id }) => id,
    },
  ],
]);
