import { lazy, type ReactElement, type ReactNode } from "react";
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

export interface MenuItemProps {
  icon?: IconName;
  /** The shortcut that does the same. */
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
  children: ReactNode;
}

const load = () => import("./LoadedMenu.tsx");

const LoadedMenu = lazy(() => load().then((loaded) => ({ default: loaded.LoadedMenu })));

/** A menu below a button. Its code is loaded when the button is about to be used. */
export const Menu = (props: MenuProps) => (
  <Wanted trigger={props.trigger} label={props.label} popup="menu" load={load}>
    <LoadedMenu {...props} />
  </Wanted>
);

/** A menu that stands open beside an element, until it is closed. */
export const AnchoredMenu = lazy(() => load().then((loaded) => ({ default: loaded.AnchoredMenu })));

export const MenuItem = lazy(() => load().then((loaded) => ({ default: loaded.MenuItem })));

export const MenuSeparator = lazy(() => load().then((loaded) => ({ default: loaded.MenuSeparator })));
