import { lazy, Suspense } from "react";
import styles from "./Markdown.module.css";

const Plain = ({ text }: { text: string }) => <p className={styles.plain}>{text}</p>;

/** As it was written where the code does not come: a description is no reason for a page to fail. */
const Rendered = lazy(() => import("./RenderedMarkdown.tsx").catch(() => ({ default: Plain })));

/**
 * Markdown as someone logged it. HTML in it is shown as text, links are of http, https and mailto alone, and pictures of
 * other sites become links: nothing in it runs, and nothing in it tells another site that the page was read.
 */
export const Markdown = ({ text }: { text: string }) => (
  <div className={styles.markdown}>
    <Suspense fallback={<Plain text={text} />}>
      <Rendered text={text} />
    </Suspense>
  </div>
);
