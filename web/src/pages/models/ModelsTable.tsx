import { Link } from "@tanstack/react-router";
import type { RegisteredModel } from "../../api/models.ts";
import { Cell, Head, Row, SortHead, type Sorting, Table } from "../../parts/Table.tsx";
import { Tag } from "../../parts/Tag.tsx";
import { Ago } from "../../parts/Time.tsx";
import { WaitingRows } from "../../parts/WaitingRows.tsx";
import { Alias, Stage } from "./Marks.tsx";
import styles from "./Models.module.css";
import type { ModelColumn } from "./sorting.ts";

/** @param models undefined while they are on their way. */
export function ModelsTable({
  project,
  models,
  sorting,
  onSort,
}: {
  project: string;
  models: readonly RegisteredModel[] | undefined;
  sorting: Sorting<ModelColumn>;
  onSort: (sorting: Sorting<ModelColumn>) => void;
}) {
  const head = { sorting, onSort };
  return (
    <Table
      label="Registered models"
      heads={
        <>
          <SortHead column="name" {...head}>
            Name
          </SortHead>
          <Head>Latest</Head>
          <Head>Stages</Head>
          <Head>Aliases</Head>
          <SortHead column="updated" {...head}>
            Last updated
          </SortHead>
          <SortHead column="created" {...head}>
            Created
          </SortHead>
        </>
      }
    >
      {models === undefined ? (
        <WaitingRows columns={6} />
      ) : (
        models.map((model) => <ModelRow key={model.name} project={project} model={model} />)
      )}
    </Table>
  );
}

function ModelRow({ project, model }: { project: string; model: RegisteredModel }) {
  const { name, latest, aliases, tags } = model;
  const [newest] = latest;
  const staged = latest.filter(({ stage }) => stage === "Production" || stage === "Staging");
  const toVersion = (version: string, text: string) => (
    <Link
      className={styles.version}
      to="/p/$project/ml/models/$model/versions/$version"
      params={{ project, model: name, version }}
    >
      {text}
    </Link>
  );
  return (
    <Row>
      <Cell className={styles.name}>
        <Link to="/p/$project/ml/models/$model" params={{ project, model: name }}>
          {name}
        </Link>
        <div className={styles.tags}>
          {tags.slice(0, 4).map(([key, value]) => (
            <Tag key={key} name={key} value={value} />
          ))}
        </div>
      </Cell>
      <Cell>
        {newest === undefined ? (
          <span className={styles.none}>None</span>
        ) : (
          toVersion(newest.version, `Version ${newest.version}`)
        )}
      </Cell>
      <Cell>
        {staged.length === 0 ? null : (
          <span className={styles.stages}>
            {staged.map(({ version, stage }) => (
              <Stage key={version} stage={stage}>
                {toVersion(version, version)}
              </Stage>
            ))}
          </span>
        )}
      </Cell>
      <Cell>
        {aliases.length === 0 ? null : (
          <span className={styles.stages}>
            {aliases.map(({ alias, version }) => (
              <Link
                key={alias}
                to="/p/$project/ml/models/$model/versions/$version"
                params={{ project, model: name, version }}
                title={`Version ${version}`}
              >
                <Alias alias={alias} />
              </Link>
            ))}
          </span>
        )}
      </Cell>
      <Cell data-before="updated" className={styles.time}>
        <Ago time={model.updatedAt} />
      </Cell>
      <Cell data-before="created" className={styles.time}>
        <Ago time={model.createdAt} />
      </Cell>
    </Row>
  );
}
