import { useId } from "react";
import styles from "./Switcher.module.css";

/** A few choices that exclude each other, side by side: radio buttons to the keyboard and to readers. */
export function Switcher<T extends string>({
  label,
  value,
  choices,
  onChoose,
}: {
  label: string;
  value: T;
  choices: readonly { value: T; text: string }[];
  onChoose: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset className={styles.switcher}>
      <legend className="visually-hidden">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value}>
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            onChange={() => onChoose(choice.value)}
          />
          {choice.text}
        </label>
      ))}
    </fieldset>
  );
}
