import { Popover } from "@base-ui/react/popover";
import type { ReactElement, ReactNode } from "react";
import styles from "./Menu.module.css";

/** A panel below a button, for what is more than a menu. @param trigger the button, without children. */
export const Panel = ({
  trigger,
  label,
  title,
  align = "end",
  open,
  onOpenChange,
  children,
}: {
  trigger: ReactElement;
  /** Of the trigger. */
  label: ReactNode;
  /** Of the panel, for those who do not see it. */
  title: string;
  align?: "start" | "end";
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  children: ReactNode;
}) => (
  <Popover.Root
    {...(open === undefined ? {} : { open })}
    {...(onOpenChange === undefined ? {} : { onOpenChange })}
  >
    <Popover.Trigger render={trigger as ReactElement<Record<string, unknown>>}>{label}</Popover.Trigger>
    <Popover.Portal>
      <Popover.Positioner className={styles.positioner} sideOffset={4} align={align}>
        <Popover.Popup className={`${styles.popup} ${styles.panel}`} aria-label={title}>
          {children}
        </Popover.Popup>
      </Popover.Positioner>
    </Popover.Portal>
  </Popover.Root>
);
