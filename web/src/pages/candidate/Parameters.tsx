import { byName } from "../../format/by-name.ts";
import { CopyButton } from "../../parts/Copy.tsx";
import { FullValue } from "./FullValue.tsx";
import { ValueCard, type ValueColumn } from "./ValueCard.tsx";
import styles from "./values.module.css";

export interface TextValue {
  key: string;
  value: string;
}

/** A key and its text. */
export const textColumns = (title: string): readonly ValueColumn<TextValue>[] => [
  {
    title,
    cell: ({ key }) => (
      <span className={styles.text} title={key}>
        {key}
      </span>
    ),
  },
  { title: "Value", cell: ({ key, value }) => <FullValue name={key} text={value} /> },
];

const columns = textColumns("Parameter");

export const byKey = (
  values: ReadonlyMap<string, string> | readonly (readonly [string, string])[],
): TextValue[] => [...values].map(([key, value]) => ({ key, value })).sort((a, b) => byName(a.key, b.key));

export const Parameters = ({ params }: { params: ReadonlyMap<string, string> }) => (
  <ValueCard
    title="Parameters"
    values={byKey(params)}
    columns={columns}
    actions={({ key, value }) => <CopyButton text={value} label={`Copy ${key}`} />}
    empty="No parameter was logged."
  />
);
