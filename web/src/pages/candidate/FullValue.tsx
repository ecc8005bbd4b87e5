import { useState } from "react";
import { later } from "../../parts/later.tsx";
import styles from "./values.module.css";

const WholeValue = later(async () => (await import("./WholeValue.tsx")).WholeValue);

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
      {isOpen ? <WholeValue name={name} text={text} onClose={() => setOpen(false)} /> : null}
    </>
  );
}
