import { Button } from "../../parts/Button.tsx";
import { CopyButton } from "../../parts/Copy.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import styles from "./values.module.css";

/** A text whole, however long it is. */
export const WholeValue = ({ name, text, onClose }: { name: string; text: string; onClose: () => void }) => (
  <Dialog wide title={name} onClose={onClose}>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard */}
    <section className={styles.whole} tabIndex={0} aria-label={`Value of ${name}`}>
      {text}
    </section>
    <DialogButtons>
      <CopyButton text={text} label={`Copy ${name}`} />
      <Button kind="primary" onClick={onClose}>
        Done
      </Button>
    </DialogButtons>
  </Dialog>
);
