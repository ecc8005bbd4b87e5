import type { ReactNode } from "react";
import { useId } from "react";
import { count as counts } from "../../format/number.ts";
import styles from "./Card.module.css";

/** A part of the page with a heading. */
export function Card({
  title,
  count,
  tools,
  flush = false,
  children,
}: {
  title: string;
  count?: number;
  tools?: ReactNode;
  /** Whether what is in it reaches its edges, as tables do. */
  flush?: boolean;
  children: ReactNode;
}) {
  const heading = useId();
  return (
    <section className={styles.card} aria-labelledby={heading}>
      <div className={styles.head}>
        <h2 id={heading}>
          {title}
          {count === undefined || count === 0 ? null : <small>{counts(count)}</small>}
        </h2>
        {tools}
      </div>
      {flush ? children : <div className={styles.body}>{children}</div>}
    </section>
  );
}

/** What stands in a card with nothing in it. */
export const Nothing = ({ children }: { children: ReactNode }) => (
  <p className={styles.nothing}>{children}</p>
);

/** Names and their values, below each other. */
export const Facts = ({ children }: { children: ReactNode }) => <dl className={styles.facts}>{children}</dl>;

/** One of them; left out when it has no value. */
export const Fact = ({ name, tools, children }: { name: string; tools?: ReactNode; children: ReactNode }) =>
  children === undefined || children === null || children === "" ? null : (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>
        <span>{children}</span>
        {tools}
      </dd>
    </div>
  );
