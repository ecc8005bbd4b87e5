import type { ReactNode } from "react";
import { type FailureKind, failureOf } from "../api/failure.ts";
import { Button, buttonClass } from "./Button.tsx";
import { Icon, type IconName } from "./Icon.tsx";
import styles from "./Notice.module.css";

/** What stands where there is nothing to show: why, and what to do. */
export const Notice = ({
  icon,
  title,
  children,
  actions,
}: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) => (
  <div className={styles.notice}>
    <span className={styles.badge}>
      <Icon name={icon} size={18} />
    </span>
    <h2>{title}</h2>
    {children}
    {actions === undefined ? null : <div className={styles.actions}>{actions}</div>}
  </div>
);

const titles: Record<FailureKind, [IconName, string]> = {
  "signed-out": ["lock", "Sign in to see this"],
  forbidden: ["lock", "You may not see this"],
  absent: ["search", "There is nothing here"],
  refused: ["warning", "The server did not accept this"],
  busy: ["warning", "The server is busy"],
  offline: ["warning", "The server cannot be reached"],
  broken: ["warning", "Something went wrong"],
};

/** A page, or a part of one, whose data did not come. */
export function FailureNotice({ error, retry }: { error: unknown; retry?: () => void }) {
  const { kind, message, requestId } = failureOf(error);
  const [icon, title] = titles[kind];
  const here = `${window.location.pathname}${window.location.search}`;
  return (
    <Notice
      icon={icon}
      title={title}
      actions={
        kind === "signed-out" ? (
          <a className={buttonClass("primary")} href={`/-/sign-in?return_to=${encodeURIComponent(here)}`}>
            Sign in
          </a>
        ) : kind === "absent" ? (
          <a className={buttonClass()} href="/">
            All projects
          </a>
        ) : retry === undefined ? undefined : (
          <Button onClick={retry}>Try again</Button>
        )
      }
    >
      <p>{message}</p>
      {requestId === undefined || kind !== "broken" ? null : (
        <p>
          Request <code>{requestId}</code>
        </p>
      )}
    </Notice>
  );
}

/** One line about an action that failed. */
export const FailureLine = ({ error }: { error: unknown }) => (
  <p className={styles.bar} role="alert">
    <Icon name="warning" />
    {failureOf(error).message}
  </p>
);
