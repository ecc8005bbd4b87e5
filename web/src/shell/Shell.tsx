import { Outlet, useParams } from "@tanstack/react-router";
import { useEffect, useState, useSyncExternalStore } from "react";
import { queries, reachability } from "../api/queries.ts";
import { sessionEnd } from "../api/viewer.ts";
import mark from "../design/mark.svg";
import { Button, buttonClass, IconButton } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { later } from "../parts/later.tsx";
import { FailureNotice } from "../parts/Notice.tsx";
import { Toasts } from "../parts/Toast.tsx";
import { Account } from "./Account.tsx";
import { ProjectNavigation } from "./ProjectNavigation.tsx";
import styles from "./Shell.module.css";
import { useShortcut } from "./shortcuts.ts";
import { ThemeButton } from "./ThemeButton.tsx";

const ShortcutSheet = later(async () => (await import("./ShortcutSheet.tsx")).ShortcutSheet);

/** What surrounds every page: the bar, the banner when the server is gone, the shortcut sheet, the messages. */
export function Shell() {
  const { project } = useParams({ strict: false });
  const [sheet, setSheet] = useState(false);
  useShortcut("?", "Show the shortcuts", () => setSheet(true));
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <div>
        <header className={styles.bar}>
          {/* A plain address: the router would read the first path segment as part of a project. */}
          <a className={styles.brand} href="/" aria-label="Loggia: all projects">
            <img src={mark} alt="" />
            <span>Loggia</span>
          </a>
          {project === undefined ? <div className={styles.nav} /> : <ProjectNavigation project={project} />}
          <div className={styles.tools}>
            <IconButton icon="keyboard" label="Keyboard shortcuts (?)" onClick={() => setSheet(true)} />
            <ThemeButton />
            <Account />
          </div>
        </header>
        <Offline />
        <SessionEnded />
      </div>
      <main id="main" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
      <Toasts />
      {sheet ? <ShortcutSheet onClose={() => setSheet(false)} /> : null}
    </div>
  );
}

function Offline() {
  const isReachable = useSyncExternalStore(reachability.subscribe, reachability.current);
  useEffect(() => {
    if (isReachable) return;
    const timer = setInterval(() => queries.refetchQueries({ type: "active" }), 5000);
    return () => clearInterval(timer);
  }, [isReachable]);
  if (isReachable) return null;
  return (
    <div className={styles.offline} role="status">
      <Icon name="warning" />
      The server cannot be reached. What you see is what it said last.
      <Button kind="quiet" onClick={() => queries.refetchQueries({ type: "active" })}>
        Try now
      </Button>
    </div>
  );
}

/** A plain address, so that the page begins anew with what the next session may see. */
function SessionEnded() {
  const hasEnded = useSyncExternalStore(sessionEnd.subscribe, sessionEnd.current);
  if (!hasEnded) return null;
  const here = `${window.location.pathname}${window.location.search}`;
  return (
    <div className={styles.offline} role="status">
      <Icon name="lock" />
      Your session has ended. What you see may be old.
      <a className={buttonClass("quiet")} href={`/-/sign-in?return_to=${encodeURIComponent(here)}`}>
        Sign in again
      </a>
    </div>
  );
}

/** While the code of a page is on its way. */
export const LoadingPage = () => (
  <p className="visually-hidden" role="status">
    Loading
  </p>
);

/** A page that threw. */
export const BrokenPage = ({ error, reset }: { error: unknown; reset: () => void }) => (
  <FailureNotice error={error} retry={reset} />
);
