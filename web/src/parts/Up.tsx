import type { ReactNode } from "react";
import styles from "./Up.module.css";

/** The way back to what a page belongs to, above its heading. */
export const Up = ({ label, children }: { label: string; children: ReactNode }) => (
  <nav className={styles.up} aria-label={label}>
    {children}
  </nav>
);
