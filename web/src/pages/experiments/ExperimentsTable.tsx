import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { type Experiment, ownTags } from "../../api/experiments.ts";
import { count, counted } from "../../format/number.ts";
import { Button, IconButton } from "../../parts/Button.tsx";
import { later } from "../../parts/later.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../parts/Menu.tsx";
import {
  ActionsHead,
  Cell,
  Head,
  Row,
  SortHead,
  type Sorting,
  Table,
  tableStyles,
} from "../../parts/Table.tsx";
import { Tag } from "../../parts/Tag.tsx";
import { Ago } from "../../parts/Time.tsx";
import { WaitingRows } from "../../parts/WaitingRows.tsx";
import { deleteExperiment, restoreExperiment } from "./actions.ts";
import styles from "./ExperimentsTable.module.css";
import type { ExperimentColumn } from "./sorting.ts";

const NameDialog = later(async () => (await import("./NameDialog.tsx")).NameDialog);

/** A table of thousands takes a while to draw: as many rows are drawn at first, and as many more whenever its end is seen. */
const step = 200;

/** @param experiments undefined while they are on their way. */
export function ExperimentsTable({
  project,
  experiments,
  writes,
  sorting,
  onSort,
}: {
  project: string;
  experiments: readonly Experiment[] | undefined;
  writes: boolean;
  sorting: Sorting<ExperimentColumn>;
  onSort: (sorting: Sorting<ExperimentColumn>) => void;
}) {
  const [most, setMost] = useState(step);
  const [renamed, setRenamed] = useState<Experiment>();
  const head = { sorting, onSort };
  // Where nobody signs in, experiments have no creators.
  const hasCreators = experiments?.some(({ creator }) => creator !== "") ?? false;
  return (
    <>
      <Table
        label="Experiments"
        heads={
          <>
            <SortHead column="name" {...head}>
              Name
            </SortHead>
            <SortHead column="candidates" className={tableStyles.number} {...head}>
              Candidates
            </SortHead>
            <SortHead column="activity" {...head}>
              Last activity
            </SortHead>
            <SortHead column="created" {...head}>
              Created
            </SortHead>
            {hasCreators ? <Head>Creator</Head> : null}
            <ActionsHead />
          </>
        }
      >
        {experiments === undefined ? (
          <WaitingRows columns={6} />
        ) : (
          experiments.slice(0, most).map((experiment) => (
            <Row key={experiment.id}>
              <Cell className={styles.name}>
                <Link
                  to="/p/$project/ml/experiments/$experiment"
                  params={{ project, experiment: experiment.id }}
                >
                  {experiment.name}
                </Link>
                <span className={styles.tags}>
                  {ownTags(experiment.tags)
                    .slice(0, 4)
                    .map(([key, value]) => (
                      <Tag key={key} name={key} value={value} />
                    ))}
                </span>
              </Cell>
              <Cell
                className={tableStyles.number}
                data-after={experiment.candidates === 1 ? "candidate" : "candidates"}
              >
                {count(experiment.candidates)}
              </Cell>
              <Cell data-before="active" className={styles.time}>
                <Ago time={experiment.activeAt} />
              </Cell>
              <Cell data-before="created" className={styles.time}>
                <Ago time={experiment.createdAt} />
              </Cell>
              {hasCreators ? <Cell data-before="by">{experiment.creator}</Cell> : null}
              <Cell className={tableStyles.last}>
                {writes ? (
                  <Actions
                    project={project}
                    experiment={experiment}
                    onRename={() => setRenamed(experiment)}
                  />
                ) : null}
              </Cell>
            </Row>
          ))
        )}
      </Table>
      {experiments !== undefined && experiments.length > most ? (
        <More key={most} shown={most} all={experiments.length} onMore={() => setMost(most + step)} />
      ) : null}
      {renamed === undefined ? null : (
        <NameDialog project={project} experiment={renamed} onClose={() => setRenamed(undefined)} />
      )}
    </>
  );
}

/** The end of what is drawn; coming into sight draws more. */
function More({ shown, all, onMore }: { shown: number; all: number; onMore: () => void }) {
  const seen = (end: HTMLParagraphElement | null) => {
    if (end === null) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) onMore();
      },
      { rootMargin: "600px" },
    );
    observer.observe(end);
    return () => observer.disconnect();
  };
  return (
    <p ref={seen} className={styles.more}>
      {count(shown)} of {counted(all, "experiment")}
      <Button onClick={onMore}>Show more</Button>
    </p>
  );
}

const Actions = ({
  project,
  experiment,
  onRename,
}: {
  project: string;
  experiment: Experiment;
  onRename: () => void;
}) => (
  <Menu align="end" trigger={<IconButton icon="more" label={`Actions for ${experiment.name}`} />}>
    {experiment.stage === "active" ? (
      <>
        <MenuItem icon="edit" onSelect={onRename}>
          Rename …
        </MenuItem>
        <MenuSeparator />
        <MenuItem icon="trash" danger onSelect={() => deleteExperiment(project, experiment)}>
          Delete
        </MenuItem>
      </>
    ) : (
      <MenuItem icon="restore" onSelect={() => restoreExperiment(project, experiment)}>
        Restore
      </MenuItem>
    )}
  </Menu>
);
