import type { ReactNode } from "react";
import styles from "./Tag.module.css";

/** One tag: its key, and its value where it has one. */
export const Tag = ({ name, value, children }: { name: string; value?: string; children?: ReactNode }) => (
  <span className={styles.tag} title={value === undefined || value === "" ? name : `${name}: ${value}`}>
    <span className={styles.name}>{name}</span>
    {value === undefined || value === "" ? null : <span className={styles.value}>{value}</span>}
    {children}
  </span>
);
