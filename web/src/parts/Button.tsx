import type { ComponentProps } from "react";
import styles from "./Button.module.css";
import { Icon, type IconName } from "./Icon.tsx";

export type ButtonKind = "plain" | "primary" | "quiet" | "danger";

interface Look {
  kind?: ButtonKind;
  icon?: IconName;
}

export type ButtonProps = ComponentProps<"button"> & Look;

/** The class of what should look like a button, such as a link. */
export const buttonClass = (kind: ButtonKind = "plain", ...more: string[]) =>
  [styles.button, kind === "plain" ? "" : styles[kind], ...more].filter(Boolean).join(" ");

/** A button with a text. */
export const Button = ({ kind, icon, className = "", children, ...rest }: ButtonProps) => (
  <button type="button" className={buttonClass(kind, className)} {...rest}>
    {icon === undefined ? null : <Icon name={icon} />}
    {children}
  </button>
);

/** A button that is an icon; `label` says what it does, to those who see it as well. */
export const IconButton = ({
  kind = "quiet",
  icon,
  label,
  className = "",
  ...rest
}: Omit<ComponentProps<"button">, "children"> & { kind?: ButtonKind; icon: IconName; label: string }) => (
  <button
    type="button"
    className={buttonClass(kind, styles.icon ?? "", className)}
    aria-label={label}
    title={label}
    {...rest}
  >
    <Icon name={icon} />
  </button>
);
