import { Popover } from "@base-ui/react/popover";
import type { ReactElement } from "react";
import styles from "./Menu.module.css";
import type { PanelProps } from "./Panel.tsx";

/** The panels, once one is wanted (Panel.tsx). */
export const LoadedPanel = ({ trigger, label, title, align = "end", children }: PanelProps) => (
  <Popover.Root defaultOpen>
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
