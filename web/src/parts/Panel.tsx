import type { ReactElement, ReactNode } from "react";
import { Wanted } from "./Wanted.tsx";

export interface PanelProps {
  /** The button, without children. */
  trigger: ReactElement<Record<string, unknown>>;
  /** Of the trigger. */
  label: ReactNode;
  /** Of the panel, for those who do not see it. */
  title: string;
  align?: "start" | "end";
  children: ReactNode;
}

const load = () => import("./LoadedPanel.tsx");

/** A panel below a button, for what is more than a menu. Its code is loaded when the button is about to be used. */
export const Panel = (props: PanelProps) => (
  <Wanted trigger={props.trigger} label={props.label} popup="dialog" load={load}>
    {({ LoadedPanel }) => <LoadedPanel {...props} />}
  </Wanted>
);
