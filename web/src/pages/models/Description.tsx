import { IconButton } from "../../parts/Button.tsx";
import { Markdown } from "../../parts/Markdown.tsx";
import styles from "./Models.module.css";

/** What somebody wrote about a model; nothing where nobody did. @param edit absent for those who may not. */
export const Description = ({ text, edit }: { text: string; edit: (() => void) | undefined }) =>
  text === "" ? null : (
    <section className={styles.section} aria-label="Description">
      <header>
        <h2>Description</h2>
        {edit === undefined ? null : <IconButton icon="edit" label="Edit the description" onClick={edit} />}
      </header>
      <div className={styles.description}>
        <Markdown text={text} />
      </div>
    </section>
  );
