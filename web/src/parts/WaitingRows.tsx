import styles from "./Table.module.css";
import { Cell, Row } from "./Table.tsx";

/** Rows of a table that are on their way. */
export const WaitingRows = ({ columns }: { columns: number }) =>
  [0, 1, 2].map((row) => (
    <Row key={row}>
      <Cell colSpan={columns}>
        <span className={styles.waiting} role="img" aria-label="On its way" />
      </Cell>
    </Row>
  ));
