import { lazy, Suspense } from "react";
import styles from "./Markdown.module.css";

const Rendered = lazy(() => import("./RenderedMarkdown.tsx"));

/**
 * Markdown as someone logged it. HTML in it is shown as text, links are of http, https and mailto alone, and pictures of
 * other sites become links: nothing in it runs, and nothing in it tells another site that the page was read.
 */
export const Markdown = ({ text }: { text: string }) => (
  <div className={styles.markdown}>
    <Suspense fallback={<p className={styles.plain}>{text}</p>}>
      <Rendered text={text} />
    </Suspense>
  </div>
);
