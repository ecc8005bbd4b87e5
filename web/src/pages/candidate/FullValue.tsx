import { useState } from "react";
import { Button } from "../../parts/Button.tsx";
import { CopyButton } from "../../parts/Copy.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import styles from "./values.module.css";

/** Characters that fit a row on most screens. */
const fits = 40;

/** A text in a row: cut off at its edge, and shown whole, by a press, when it is long. */
export function FullValue({ name, text }: { name: string; text: string }) {
  const [isOpen, setOpen] = useState(false);
  if (text.length <= fits && !text.includes("\n"))
    return (
      <span className={styles.text} title={text}>
        {text}
      </span>
    );
  return (
    <>
      <button
        type="button"
        className={styles.open}
        title={text.slice(0, 2000)}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        {text.slice(0, 400)}
      </button>
      {isOpen ? (
        <Dialog wide title={name} onClose={() => setOpen(false)}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard */}
          <section className={styles.whole} tabIndex={0} aria-label={`Value of ${name}`}>
            {text}
          </section>
          <DialogButtons>
            <CopyButton text={text} label={`Copy ${name}`} />
            <Button kind="primary" onClick={() => setOpen(false)}>
              Done
            </Button>
          </DialogButtons>
        </Dialog>
      ) : null}
    </>
  );
}
