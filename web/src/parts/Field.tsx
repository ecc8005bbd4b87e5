import { type ComponentProps, type ReactNode, useId } from "react";
import styles from "./Field.module.css";
import { Icon } from "./Icon.tsx";

interface Around {
  label: string;
  hint?: ReactNode;
  /** What is wrong with the value. */
  error?: string | undefined;
}

/** A labelled line of text. */
export function TextField({ label, hint, error, className = "", ...rest }: Around & ComponentProps<"input">) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className={`${styles.input} ${className}`}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-more`}
        autoComplete="off"
        spellCheck={false}
        {...rest}
      />
      <Below id={`${id}-more`} hint={hint} error={error} />
    </div>
  );
}

/** A labelled text of many lines. */
export function TextArea({
  label,
  hint,
  error,
  className = "",
  ...rest
}: Around & ComponentProps<"textarea">) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        className={`${styles.input} ${className}`}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-more`}
        {...rest}
      />
      <Below id={`${id}-more`} hint={hint} error={error} />
    </div>
  );
}

const Below = ({ id, hint, error }: { id: string; hint: ReactNode; error: string | undefined }) => (
  <div id={id} aria-live="polite">
    {error === undefined ? null : <p className={styles.error}>{error}</p>}
    {hint === undefined || error !== undefined ? null : <p className={styles.hint}>{hint}</p>}
  </div>
);

/** A box to search by; `label` is read aloud, and stands in it while it is empty. */
export const SearchBox = ({
  label,
  className = "",
  ...rest
}: { label: string } & ComponentProps<"input">) => (
  <div className={`${styles.search} ${className}`}>
    <Icon name="search" />
    <input
      type="search"
      className={styles.input}
      aria-label={label}
      placeholder={label}
      autoComplete="off"
      spellCheck={false}
      {...rest}
    />
  </div>
);

export const inputClass = styles.input ?? "";
