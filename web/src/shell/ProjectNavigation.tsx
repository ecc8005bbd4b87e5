import { Link, useLocation } from "@tanstack/react-router";
import styles from "./Shell.module.css";

/** Where one is, and the sections of the project. */
export function ProjectNavigation({ project }: { project: string }) {
  const cut = project.lastIndexOf("/") + 1;
  // Candidates, also those that are compared, are parts of experiments, whose addresses are not above theirs.
  const isWithin = useLocation({
    select: ({ pathname }) => /\/ml\/(candidates|compare)(\/|$)/.test(pathname),
  });
  return (
    <div className={styles.nav}>
      <span className={styles.slash} aria-hidden="true">
        /
      </span>
      <Link className={styles.project} to="/p/$project/ml/experiments" params={{ project }} title={project}>
        <span>{project.slice(0, cut).replaceAll("/", " / ")}</span>
        {project.slice(cut)}
      </Link>
      <nav className={styles.sections} aria-label="Project">
        <Link
          to="/p/$project/ml/experiments"
          params={{ project }}
          {...(isWithin ? { "data-status": "active" } : {})}
        >
          Experiments
        </Link>
        <Link to="/p/$project/ml/models" params={{ project }}>
          Models
        </Link>
        <Link to="/p/$project/ml/settings/{-$section}" params={{ project }}>
          Settings
        </Link>
      </nav>
    </div>
  );
}
