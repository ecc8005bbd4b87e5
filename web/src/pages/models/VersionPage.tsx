import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { type ModelVersion, versionQuery } from "../../api/models.ts";
import { accessQuery } from "../../api/viewer.ts";
import { CopyButton, Snippet } from "../../parts/Copy.tsx";
import { FailureNotice } from "../../parts/Notice.tsx";
import { Switcher } from "../../parts/Switcher.tsx";
import { Tag } from "../../parts/Tag.tsx";
import { Ago } from "../../parts/Time.tsx";
import { useTitle } from "../../shell/title.ts";
import page from "../page.module.css";
import { Description } from "./Description.tsx";
import { Alias, Stage } from "./Marks.tsx";
import styles from "./Models.module.css";
import { SourceRun } from "./SourceRun.tsx";
import { loading } from "./snippets.ts";
import { type VersionDialog, VersionDialogs } from "./VersionDialogs.tsx";
import { VersionMenu } from "./VersionMenu.tsx";

/** A version of a registered model: where it comes from, what it is for, and how to load it. */
export function VersionPage() {
  const { project = "", model = "", version: number = "" } = useParams({ strict: false });
  const navigate = useNavigate();
  useTitle(`Version ${number}`, model, project);
  const { data: access } = useQuery(accessQuery(project));
  const { data: version, error, refetch } = useQuery(versionQuery(project, model, number));
  const [open, setOpen] = useState<VersionDialog>();
  if (error !== null && version === undefined) return <FailureNotice error={error} retry={refetch} />;
  const writes = access?.canWriteRegistry ?? false;
  return (
    <div className={page.page}>
      <div className={styles.crumbs}>
        <Link to="/p/$project/ml/models" params={{ project }}>
          Models
        </Link>
        <span aria-hidden="true">/</span>
        <Link to="/p/$project/ml/models/$model" params={{ project, model }}>
          {model}
        </Link>
        <span aria-hidden="true">/</span>
        <h1>Version {number}</h1>
        {writes && version !== undefined ? (
          <VersionMenu label="Actions for this version" version={version} onOpen={setOpen} />
        ) : null}
      </div>
      {version === undefined ? (
        <p role="status" className="visually-hidden">
          Loading
        </p>
      ) : (
        <>
          <Facts project={project} version={version} />
          <Description text={version.description} edit={writes ? () => setOpen("description") : undefined} />
          <Load project={project} version={version} />
        </>
      )}
      {open === undefined || version === undefined ? null : (
        <VersionDialogs
          project={project}
          version={version}
          open={open}
          onDeleted={() =>
            navigate({ to: "/p/$project/ml/models/$model", params: { project, model }, search: {} })
          }
          onClose={() => setOpen(undefined)}
        />
      )}
    </div>
  );
}

const Facts = ({ project, version }: { project: string; version: ModelVersion }) => (
  <dl className={styles.facts}>
    <div>
      <dt>Stage</dt>
      <dd>
        <Stage stage={version.stage} />
      </dd>
    </div>
    <div>
      <dt>Aliases</dt>
      <dd className={styles.tags}>
        {version.aliases.length === 0 ? <span className={styles.none}>None</span> : null}
        {version.aliases.map((alias) => (
          <Alias key={alias} alias={alias} />
        ))}
      </dd>
    </div>
    <div>
      <dt>Candidate</dt>
      <dd>
        <SourceRun project={project} runId={version.runId} />
      </dd>
    </div>
    <div>
      <dt>Registered</dt>
      <dd>
        <Ago time={version.createdAt} />
      </dd>
    </div>
    <div>
      <dt>Last updated</dt>
      <dd>
        <Ago time={version.updatedAt} />
      </dd>
    </div>
    {version.loggedModelId === "" ? null : (
      <div>
        <dt>Logged model</dt>
        <dd>
          <code>{version.loggedModelId}</code>
        </dd>
      </div>
    )}
    <div className={styles.wide}>
      <dt>Source</dt>
      <dd className={styles.source}>
        <code>{version.source}</code>
        <CopyButton text={version.source} label="Copy the source" />
      </dd>
    </div>
    {version.tags.length === 0 ? null : (
      <div className={styles.wide}>
        <dt>Tags</dt>
        <dd className={styles.tags}>
          {version.tags.map(([key, value]) => (
            <Tag key={key} name={key} value={value} />
          ))}
        </dd>
      </div>
    )}
  </dl>
);

/** The lines that load it, by its number, its stage or an alias of it. */
function Load({ project, version }: { project: string; version: ModelVersion }) {
  const { stage, aliases, version: number } = version;
  const ways = [
    { value: number, text: `Version ${number}` },
    ...(stage === "Production" || stage === "Staging" ? [{ value: stage, text: stage }] : []),
    ...aliases.slice(0, 3).map((alias) => ({ value: `@${alias}`, text: `@${alias}` })),
  ];
  const [chosen, setChosen] = useState(number);
  const way = ways.find(({ value }) => value === chosen)?.value ?? number;
  return (
    <section className={styles.section} aria-labelledby="load">
      <header>
        <h2 id="load">Load it</h2>
        {ways.length > 1 ? (
          <Switcher label="Load it by" value={way} choices={ways} onChoose={setChosen} />
        ) : null}
      </header>
      <Snippet label="the Python code" text={loading(project, version.model, way)} />
      {way.startsWith("@") ? <p className={page.lead}>Aliases need MLflow 2.3 or newer.</p> : null}
    </section>
  );
}
