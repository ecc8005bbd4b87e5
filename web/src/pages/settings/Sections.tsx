import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import styles from "./Sections.module.css";

export const sectionStyles = styles;

/** A page of sections, of which the address names one; the first when it names none. */
export function Sections({
  title,
  sections,
  children,
}: {
  title: string;
  sections: readonly { id: string; text: string }[];
  children: ReactNode;
}) {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone the chosen one may lie beyond the edge.
    const chosen = nav.current?.querySelector<HTMLElement>("[aria-current]");
    if (nav.current && chosen) nav.current.scrollLeft = chosen.offsetLeft - nav.current.offsetWidth / 2;
  });
  return (
    <div className={styles.layout}>
      <h1 className={styles.title}>{title}</h1>
      <nav ref={nav} className={styles.nav} aria-label={title}>
        {sections.map(({ id, text }, at) => (
          <Link
            key={id}
            to="."
            params={(now: Record<string, string | undefined>) => ({
              ...now,
              section: at === 0 ? undefined : id,
            })}
            search={{}}
            activeOptions={{ exact: true, includeSearch: false }}
          >
            {text}
          </Link>
        ))}
      </nav>
      <div className={styles.content}>{children}</div>
    </div>
  );
}

/** One subject of a section. */
export const Section = ({
  title,
  lead,
  tools,
  children,
}: {
  title: string;
  lead?: ReactNode;
  tools?: ReactNode;
  children?: ReactNode;
}) => (
  <section className={styles.section} aria-label={title}>
    <header>
      <h2>{title}</h2>
      {tools === undefined ? null : <div className={styles.row}>{tools}</div>}
    </header>
    {lead === undefined ? null : <p className={styles.lead}>{lead}</p>}
    {children}
  </section>
);
