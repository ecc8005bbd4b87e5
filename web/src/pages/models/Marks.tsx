import type { ReactNode } from "react";
import styles from "./Models.module.css";

const words: Record<string, string> = { None: "No stage" };

/** The stage of a version, in words and with a dot of its colour. */
export const Stage = ({ stage, children }: { stage: string; children?: ReactNode }) => (
  <span className={styles.stage} data-stage={stage}>
    {children}
    {words[stage] ?? stage}
  </span>
);

/** A name that leads to a version: `@champion`. */
export const Alias = ({ alias, children }: { alias: string; children?: ReactNode }) => (
  <span className={styles.alias} title={`@${alias}`}>
    <span>@{alias}</span>
    {children}
  </span>
);
