import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { Icon, type IconName } from "./Icon.tsx";
import styles from "./Menu.module.css";

/** A menu below a button. @param trigger the button, without children. */
export const Menu = ({
  trigger,
  label,
  align = "start",
  children,
}: {
  trigger: ReactElement;
  /** Of the trigger. */
  label?: ReactNode;
  align?: "start" | "end";
  children: ReactNode;
}) => (
  <Base.Root modal={false}>
    <Base.Trigger render={trigger as ReactElement<Record<string, unknown>>}>{label}</Base.Trigger>
    <Base.Portal>
      <Base.Positioner className={styles.positioner} sideOffset={4} align={align}>
        <Base.Popup className={styles.popup}>{children}</Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  </Base.Root>
);

export const MenuItem = ({
  icon,
  keys,
  danger = false,
  disabled = false,
  onSelect,
  children,
}: {
  icon?: IconName;
  /** The shortcut that does the same. */
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
  children: ReactNode;
}) => (
  <Base.Item
    className={`${styles.item} ${danger ? styles.danger : ""}`}
    disabled={disabled}
    onClick={onSelect}
  >
    {icon === undefined ? null : <Icon name={icon} />}
    <span>{children}</span>
    {keys === undefined ? null : <kbd className={styles.key}>{keys}</kbd>}
  </Base.Item>
);

/** One choice of several that exclude each other. */
export const MenuChoice = <T extends string>({
  label,
  value,
  choices,
  onChoose,
}: {
  label: string;
  value: T;
  choices: readonly { value: T; text: string; icon?: IconName }[];
  onChoose: (value: T) => void;
}) => (
  <Base.RadioGroup value={value} onValueChange={onChoose} aria-label={label}>
    <div className={styles.group} aria-hidden="true">
      {label}
    </div>
    {choices.map((choice) => (
      <Base.RadioItem key={choice.value} className={styles.item} value={choice.value} closeOnClick>
        {choice.icon === undefined ? null : <Icon name={choice.icon} />}
        {choice.text}
        <Base.RadioItemIndicator className={styles.key}>
          <Icon name="check" />
        </Base.RadioItemIndicator>
      </Base.RadioItem>
    ))}
  </Base.RadioGroup>
);

export const MenuSeparator = () => <Base.Separator className={styles.separator} />;
