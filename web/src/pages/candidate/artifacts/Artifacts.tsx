import { useQueries, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { type ArtifactSource, folderQuery, isKeptHere } from "../../../api/artifacts.ts";
import { Snippet } from "../../../parts/Copy.tsx";
import { FailureNotice, Notice } from "../../../parts/Notice.tsx";
import { Switcher } from "../../../parts/Switcher.tsx";
import { modelsOf } from "../models/models.ts";
import type { SectionProps } from "../sections.ts";
import styles from "./Artifacts.module.css";
import { ArtifactTree } from "./ArtifactTree.tsx";
import { ArtifactView } from "./ArtifactView.tsx";
import { foldersAbove, rowsOf } from "./tree.ts";

/** The files of the candidate, and of the models that MLflow 3 logged beside it. The address holds which is shown. */
export function Artifacts({ project, detail }: SectionProps) {
  const { of = "", path = "" } = useSearch({ strict: false });
  const navigate = useNavigate();
  const { candidate } = detail;
  const run: ArtifactSource = { project, kind: "run", id: candidate.id, uri: candidate.artifactUri };
  const models = modelsOf(detail, project).filter(({ source }) => source.kind === "model");
  const source = models.find(({ id }) => id === of)?.source ?? run;
  const choices = [
    { value: "", text: "Run" },
    ...models.map(({ id, name }) => ({ value: id, text: models.length > 1 ? `${name} (${id})` : name })),
  ];
  return (
    <>
      {models.length === 0 ? null : (
        <div className={styles.sources}>
          <Switcher
            label="Whose artifacts"
            value={source.kind === "run" ? "" : source.id}
            choices={choices}
            onChoose={(of) => navigate({ to: ".", search: { tab: "artifacts", of }, resetScroll: false })}
          />
        </div>
      )}
      {isKeptHere(source) ? (
        <Browser key={source.id} source={source} runId={candidate.id} path={path} />
      ) : (
        <Notice
          icon="folder"
          title="These artifacts are kept elsewhere"
          actions={<Snippet text={source.uri} label="the artifact URI" />}
        >
          <p>
            The client put them where this server does not look. Download them with a client that may read
            that place.
          </p>
        </Notice>
      )}
    </>
  );
}

function Browser({ source, runId, path }: { source: ArtifactSource; runId: string; path: string }) {
  const navigate = useNavigate();
  const { data: root, error, refetch } = useQuery(folderQuery(source, ""));
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const above = foldersAbove(path);
  const isOpen = (folder: string) => toggled.get(folder) ?? above.includes(folder);
  const folders = [...new Set([...above, ...toggled.keys()])].filter((one) => one !== "" && isOpen(one));
  const answers = useQueries({ queries: folders.map((folder) => folderQuery(source, folder)) });
  const inside = new Map(folders.map((folder, i) => [folder, answers[i]?.data]));
  const waiting = new Set(folders.filter((_, i) => answers[i]?.isPending));

  if (error !== null && root === undefined) return <FailureNotice error={error} retry={refetch} />;
  if (root === undefined) return <div className={styles.waiting} aria-busy="true" />;
  if (root.length === 0)
    return (
      <Notice icon="folder" title="No artifacts">
        <p>
          Files that a client logs, with <code>mlflow.log_artifact</code>, <code>log_figure</code> or{" "}
          <code>log_model</code>, appear here.
        </p>
      </Notice>
    );
  const rows = rowsOf((folder) => (folder === "" ? root : inside.get(folder)), isOpen);
  return (
    <div className={styles.browser}>
      <ArtifactTree
        rows={rows}
        chosen={path}
        waiting={waiting}
        onOpen={(folder, open) => setToggled(new Map(toggled).set(folder, open))}
        onChoose={({ artifact }) =>
          navigate({
            to: ".",
            search: (now) => ({ ...now, path: artifact.path }),
            replace: true,
            resetScroll: false,
          })
        }
      />
      <ArtifactView source={source} runId={runId} path={path} root={root} />
    </div>
  );
}
