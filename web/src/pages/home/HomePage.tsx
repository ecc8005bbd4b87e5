import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { type Project, projectsQuery } from "../../api/projects.ts";
import { SearchBox } from "../../parts/Field.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { FailureNotice, Notice } from "../../parts/Notice.tsx";
import { useTitle } from "../../shell/title.ts";
import page from "../page.module.css";
import { FirstSteps } from "./FirstSteps.tsx";
import styles from "./HomePage.module.css";

/** The projects that the viewer may see, and how to log to one. */
export function HomePage() {
  useTitle("Projects");
  const { data: projects, error, refetch } = useQuery(projectsQuery);
  const [search, setSearch] = useState("");
  if (error !== null && projects === undefined) return <FailureNotice error={error} retry={refetch} />;
  const found = projects?.filter(({ path }) => path.toLowerCase().includes(search.toLowerCase()));
  return (
    <div className={page.page}>
      <div className={page.head}>
        <h1>Projects</h1>
        {(projects?.length ?? 0) > 8 ? (
          <SearchBox
            label="Find a project"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        ) : null}
      </div>
      {projects === undefined ? (
        <div className={styles.waiting} role="status" aria-label="Loading" />
      ) : projects.length === 0 ? (
        <Notice icon="lock" title="You are in no project yet">
          <p>The owner of a project makes you a member of it. What it logs then appears here.</p>
        </Notice>
      ) : (
        <ul className={styles.projects}>
          {found?.map((project) => (
            <ProjectRow key={String(project.projectId)} project={project} />
          ))}
        </ul>
      )}
      {found?.length === 0 && search !== "" ? (
        <p className={styles.none}>No project has “{search}” in its path.</p>
      ) : null}
      {projects?.[0] === undefined ? null : <FirstSteps projects={projects} />}
    </div>
  );
}

const ProjectRow = ({ project }: { project: Project }) => (
  <li>
    <Link className={styles.project} to="/p/$project/ml/experiments" params={{ project: project.path }}>
      <span className={styles.name}>
        {project.path}
        {project.archivedAt === undefined ? null : <span className={styles.mark}>Archived</span>}
      </span>
      <span className={styles.description}>{project.description}</span>
      <span className={styles.role}>{project.role}</span>
      <Icon name="chevron" />
    </Link>
  </li>
);
