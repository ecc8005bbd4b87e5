import type { ReactNode } from "react";
import styles from "./VirtualRows.module.css";

/** A cell of VirtualRows. */
export const Cell = ({
  role = "cell",
  isNumeric = false,
  isWide = false,
  width,
  title,
  className = "",
  children,
}: {
  role?: "cell" | "columnheader";
  isNumeric?: boolean | undefined;
  /** Whether it is left out on a phone. */
  isWide?: boolean | undefined;
  /** Pixels, where the row does not lay its cells out. */
  width?: number;
  title?: string | undefined;
  className?: string | undefined;
  children: ReactNode;
}) => (
  <div
    role={role}
    className={`${styles.cell} ${className}`}
    data-numeric={isNumeric || undefined}
    data-wide={isWide || undefined}
    style={width === undefined ? undefined : { width, padding: "0 14px" }}
    title={title}
  >
    {children}
  </div>
);
