import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { projectsQuery } from "../../api/projects.ts";
import { Button } from "../../parts/Button.tsx";
import { SearchBox } from "../../parts/Field.tsx";
import { FailureNotice, Notice } from "../../parts/Notice.tsx";
import { Cell, Head, Row, Table } from "../../parts/Table.tsx";
import { Ago } from "../../parts/Time.tsx";
import { WaitingRows } from "../../parts/WaitingRows.tsx";
import { Section, sectionStyles as styles } from "../settings/Sections.tsx";
import { ProjectDialog } from "./ProjectDialog.tsx";

/** The projects of the server. */
export function ProjectsSection() {
  const { data: projects, error, refetch } = useQuery(projectsQuery);
  const [search, setSearch] = useState("");
  const [isCreating, setCreating] = useState(false);
  if (error !== null && projects === undefined) return <FailureNotice error={error} retry={refetch} />;
  const found = projects?.filter(({ path }) => path.toLowerCase().includes(search.trim().toLowerCase()));
  return (
    <Section
      title="Projects"
      lead="Projects are kept apart: whoever is in one sees nothing of another."
      tools={
        <>
          <SearchBox
            label="Find a project"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          <Button kind="primary" icon="add" onClick={() => setCreating(true)}>
            New project
          </Button>
        </>
      }
    >
      {found?.length === 0 ? (
        <Notice icon="search" title="No project has this path" />
      ) : (
        <Table
          label="Projects"
          heads={
            <>
              <Head>Path</Head>
              <Head>Who may read</Head>
              <Head>Created</Head>
            </>
          }
        >
          {found === undefined ? (
            <WaitingRows columns={3} />
          ) : (
            found.map(({ projectId, path, description, visibility, createdAt, archivedAt }) => (
              <Row key={String(projectId)}>
                <Cell>
                  <span className={styles.who}>
                    <Link to="/p/$project/ml/settings/{-$section}" params={{ project: path }}>
                      {path}
                    </Link>
                    {archivedAt === undefined ? null : <span className={styles.mark}>Archived</span>}
                  </span>
                  {description === "" ? null : <span>{description}</span>}
                </Cell>
                <Cell data-before={visibility === "members" ? "read by" : undefined}>{visibility}</Cell>
                <Cell data-before="created" className={styles.time}>
                  <Ago time={Number(createdAt)} />
                </Cell>
              </Row>
            ))
          )}
        </Table>
      )}
      {isCreating ? <ProjectDialog onClose={() => setCreating(false)} /> : null}
    </Section>
  );
}
