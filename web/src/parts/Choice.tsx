import { type ComponentProps, type ReactNode, useId } from "react";
import styles from "./Field.module.css";

/** A labelled choice of one of a few. */
export function SelectField<T extends string>({
  label,
  hint,
  value,
  choices,
  onChoose,
  ...rest
}: {
  label: string;
  hint?: ReactNode;
  value: T;
  choices: readonly { value: T; text: string }[];
  onChoose: (value: T) => void;
} & Omit<ComponentProps<"select">, "value" | "onChange" | "children">) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      <select
        id={id}
        className={styles.input}
        value={value}
        aria-describedby={hint === undefined ? undefined : `${id}-more`}
        onChange={(event) => {
          const chosen = choices.find((choice) => choice.value === event.target.value);
          if (chosen !== undefined) onChoose(chosen.value);
        }}
        {...rest}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.text}
          </option>
        ))}
      </select>
      {hint === undefined ? null : (
        <p id={`${id}-more`} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** A labelled box to tick, and what ticking it means. */
export function CheckField({
  label,
  hint,
  onCheck,
  ...rest
}: { label: ReactNode; hint?: ReactNode; onCheck: (checked: boolean) => void } & Omit<
  ComponentProps<"input">,
  "type" | "onChange"
>) {
  const id = useId();
  return (
    <div className={styles.check}>
      <input
        id={id}
        type="checkbox"
        aria-describedby={hint === undefined ? undefined : `${id}-more`}
        onChange={(event) => onCheck(event.target.checked)}
        {...rest}
      />
      <label htmlFor={id}>{label}</label>
      {hint === undefined ? null : (
        <p id={`${id}-more`} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  );
}
