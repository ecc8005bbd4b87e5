import type { ReactElement, ReactNode } from "react";
import type { IconName } from "./Icon.tsx";
import { Wanted } from "./Wanted.tsx";

export interface MenuProps {
  /** The button, without children. */
  trigger: ReactElement<Record<string, unknown>>;
  /** Of the trigger. */
  label?: ReactNode;
  align?: "start" | "end";
  children: ReactNode;
}

export interface AnchoredMenuProps {
  anchor: HTMLElement;
  label: string;
  onClose: () => void;
  children: ReactNode;
}

export interface MenuItemProps {
  icon?: IconName;
  /** The shortcut that does the same. */
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
  children: ReactNode;
}

export interface MenuCheckProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
}

type Code = typeof import("./LoadedMenu.tsx");

/** The code, once it is there: items are drawn in menus alone, which are not drawn before. */
let code: Code | undefined;

export const loadMenus = async (): Promise<Code> => {
  code = await import("./LoadedMenu.tsx");
  return code;
};

/** A menu below a button. Its code is loaded when the button is about to be used. */
export const Menu = (props: MenuProps) => (
  <Wanted trigger={props.trigger} label={props.label} popup="menu" load={loadMenus}>
    {({ LoadedMenu }) => <LoadedMenu {...props} />}
  </Wanted>
);

/** A menu that stands open beside an element, until it is closed. Whoever shows it awaits `loadMenus` first. */
export const AnchoredMenu = (props: AnchoredMenuProps) => code && <code.AnchoredMenu {...props} />;

export const MenuItem = (props: MenuItemProps) => code && <code.MenuItem {...props} />;

/** A choice that is on or off; the menu stays open. */
export const MenuCheck = (props: MenuCheckProps) => code && <code.MenuCheck {...props} />;

export const MenuSeparator = () => code && <code.MenuSeparator />;
