import { Button } from "../../parts/Button.tsx";
import { later } from "../../parts/later.tsx";
import { Panel } from "../../parts/Panel.tsx";
import styles from "./ColumnChooser.module.css";
import type { ColumnListsProps } from "./ColumnLists.tsx";

const ColumnLists = later(
  async () => (await import("./ColumnLists.tsx")).ColumnLists,
  <div className={styles.waiting} />,
);

/** The button to the columns that there are. */
export const ColumnChooser = (props: ColumnListsProps) => (
  <Panel trigger={<Button icon="columns" />} label="Columns" title="Columns">
    <ColumnLists {...props} />
  </Panel>
);
