import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement } from "react";
import { Icon } from "./Icon.tsx";
import styles from "./Menu.module.css";
import type { AnchoredMenuProps, MenuCheckProps, MenuItemProps, MenuProps } from "./Menu.tsx";

/** The menus, once one is wanted: Base UI is a fifth of what a page loads (Menu.tsx). */
export const LoadedMenu = ({ trigger, label, align = "start", children }: MenuProps) => (
  <Base.Root modal={false} defaultOpen>
    <Base.Trigger render={trigger as ReactElement<Record<string, unknown>>}>{label}</Base.Trigger>
    <Base.Portal>
      <Base.Positioner className={styles.positioner} sideOffset={4} align={align}>
        <Base.Popup className={styles.popup}>{children}</Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  </Base.Root>
);

/** A menu that stands open beside an element, until it is closed. */
export const AnchoredMenu = ({ anchor, label, onClose, children }: AnchoredMenuProps) => (
  <Base.Root open onOpenChange={(open) => open || onClose()} modal={false}>
    <Base.Portal>
      <Base.Positioner className={styles.positioner} anchor={anchor} sideOffset={4} align="end">
        <Base.Popup className={styles.popup} aria-label={label} finalFocus={false}>
          {children}
        </Base.Popup>
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
}: MenuItemProps) => (
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

export const MenuCheck = ({ checked, onChange, children }: MenuCheckProps) => (
  <Base.CheckboxItem className={styles.item} checked={checked} onCheckedChange={onChange}>
    <span className={styles.check}>{checked ? <Icon name="check" /> : null}</span>
    <span>{children}</span>
  </Base.CheckboxItem>
);

export const MenuSeparator = () => <Base.Separator className={styles.separator} />;
