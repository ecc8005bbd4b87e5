import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { viewerQuery } from "../../api/viewer.ts";
import { Snippet } from "../../parts/Copy.tsx";
import { inputClass } from "../../parts/Field.tsx";
import styles from "./HomePage.module.css";
import { trackingUri, training } from "./snippets.ts";

/** What to paste to log a first training to a project. */
export function FirstSteps({ projects }: { projects: readonly { path: string }[] }) {
  const [chosen, setChosen] = useState(projects[0]?.path ?? "");
  const { data } = useQuery(viewerQuery);
  const project = projects.find(({ path }) => path === chosen) ?? projects[0];
  if (project === undefined) return null;
  const isOpen = data?.server.isOpen ?? false;
  return (
    <section className={styles.steps} aria-labelledby="steps">
      <header>
        <h2 id="steps">Log a training</h2>
        {projects.length > 1 ? (
          <label>
            to{" "}
            <select
              className={inputClass}
              aria-label="Project to log to"
              value={project.path}
              onChange={(event) => setChosen(event.target.value)}
            >
              {projects.map(({ path }) => (
                <option key={path}>{path}</option>
              ))}
            </select>
          </label>
        ) : null}
      </header>
      <div className={styles.step}>
        <div>
          <h3>Point MLflow here</h3>
          <p>
            {isOpen
              ? "Any MLflow client, 1.28 or newer. No token is needed: only this machine reaches the server."
              : "Any MLflow client, 1.28 or newer, with a token of yours or of the project."}
          </p>
        </div>
        <Snippet
          label="the settings"
          text={`export MLFLOW_TRACKING_URI=${trackingUri(project.path)}${isOpen ? "" : "\nexport MLFLOW_TRACKING_TOKEN=…your token…"}`}
        />
      </div>
      <div className={styles.step}>
        <div>
          <h3>Log something</h3>
          <p>
            Three runs appear in “first steps”, one of the{" "}
            <Link to="/p/$project/ml/experiments" params={{ project: project.path }}>
              experiments of {project.path}
            </Link>
            . Select them there and press Compare.
          </p>
        </div>
        <Snippet label="the Python code" text={training("first steps")} />
      </div>
    </section>
  );
}
