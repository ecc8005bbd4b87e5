import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { type ModelVersion, type RegisteredModel, versionsQuery } from "../../api/models.ts";
import { Button } from "../../parts/Button.tsx";
import { FailureLine, Notice } from "../../parts/Notice.tsx";
import { ActionsHead, Cell, Head, Row, Table, tableStyles } from "../../parts/Table.tsx";
import { Ago } from "../../parts/Time.tsx";
import { WaitingRows } from "../../parts/WaitingRows.tsx";
import { Alias, Stage } from "./Marks.tsx";
import styles from "./Models.module.css";
import { SourceRun } from "./SourceRun.tsx";
import { type VersionDialog, VersionDialogs } from "./VersionDialogs.tsx";
import { VersionMenu } from "./VersionMenu.tsx";

/** The versions of a model, the newest first. */
export function VersionsTable({
  project,
  model,
  writes,
}: {
  project: string;
  model: RegisteredModel;
  writes: boolean;
}) {
  const [open, setOpen] = useState<{ dialog: VersionDialog; version: string }>();
  const found = useInfiniteQuery(versionsQuery(project, model.name));
  const versions = found.data?.pages.flatMap((part) => part.versions);
  const opened = versions?.find(({ version }) => version === open?.version);
  return (
    <section className={styles.section} aria-label="Versions">
      <header>
        <h2>Versions</h2>
      </header>
      {found.error === null ? null : <FailureLine error={found.error} />}
      {versions?.length === 0 ? (
        <Notice icon="tag" title="No versions yet">
          <p>A candidate’s page registers its model as a version of this one.</p>
        </Notice>
      ) : (
        <Table
          label="Versions"
          heads={
            <>
              <Head>Version</Head>
              <Head>Stage</Head>
              <Head>Aliases</Head>
              <Head>Candidate</Head>
              <Head>Registered</Head>
              <Head>Description</Head>
              <ActionsHead />
            </>
          }
        >
          {versions === undefined ? (
            <WaitingRows columns={7} />
          ) : (
            versions.map((version) => (
              <VersionRow
                key={version.version}
                project={project}
                version={version}
                onOpen={writes ? (dialog) => setOpen({ dialog, version: version.version }) : undefined}
              />
            ))
          )}
        </Table>
      )}
      {found.hasNextPage ? (
        <div className={tableStyles.more}>
          <Button disabled={found.isFetchingNextPage} onClick={() => found.fetchNextPage()}>
            Show more
          </Button>
        </div>
      ) : null}
      {open === undefined || opened === undefined ? null : (
        <VersionDialogs
          project={project}
          version={opened}
          open={open.dialog}
          onDeleted={() => found.refetch()}
          onClose={() => setOpen(undefined)}
        />
      )}
    </section>
  );
}

const VersionRow = ({
  project,
  version,
  onOpen,
}: {
  project: string;
  version: ModelVersion;
  onOpen: ((dialog: VersionDialog) => void) | undefined;
}) => (
  <Row>
    <Cell>
      <Link
        className={styles.version}
        to="/p/$project/ml/models/$model/versions/$version"
        params={{ project, model: version.model, version: version.version }}
      >
        Version {version.version}
      </Link>
    </Cell>
    <Cell>
      <Stage stage={version.stage} />
    </Cell>
    <Cell>
      {version.aliases.length === 0 ? null : (
        <span className={styles.stages}>
          {version.aliases.map((alias) => (
            <Alias key={alias} alias={alias} />
          ))}
        </span>
      )}
    </Cell>
    <Cell data-before="candidate">
      <SourceRun project={project} runId={version.runId} />
    </Cell>
    <Cell data-before="registered" className={styles.time}>
      <Ago time={version.createdAt} />
    </Cell>
    <Cell>
      {version.description === "" ? null : (
        <span className={styles.excerpt} title={version.description}>
          {version.description}
        </span>
      )}
    </Cell>
    <Cell className={tableStyles.last}>
      {onOpen === undefined ? null : (
        <VersionMenu label={`Actions for version ${version.version}`} version={version} onOpen={onOpen} />
      )}
    </Cell>
  </Row>
);
