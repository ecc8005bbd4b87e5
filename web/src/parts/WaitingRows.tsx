import styles from "./Table.module.css";

/** Rows of a table that are on their way. */
export const WaitingRows = ({ columns }: { columns: number }) =>
  [0, 1, 2].map((row) => (
    <tr key={row}>
      <td colSpan={columns}>
        <span className={styles.waiting} role="img" aria-label="On its way" />
      </td>
    </tr>
  ));
