import { useQuery } from "@tanstack/react-query";
import {
  type Artifact,
  type ArtifactSource,
  archiveAddress,
  fileAddress,
  folderQuery,
} from "../../../api/artifacts.ts";
import { bytes } from "../../../format/bytes.ts";
import { counted } from "../../../format/number.ts";
import { buttonClass } from "../../../parts/Button.tsx";
import { CopyButton } from "../../../parts/Copy.tsx";
import { Icon } from "../../../parts/Icon.tsx";
import { FailureNotice, Notice } from "../../../parts/Notice.tsx";
import { ModelCard } from "../models/ModelCard.tsx";
import styles from "./Artifacts.module.css";
import { Preview } from "./Preview.tsx";
import { folderOf } from "./tree.ts";

/** What a path leads to: a file, of which something is shown, or a folder. */
export function ArtifactView({
  source,
  runId,
  path,
  root,
}: {
  source: ArtifactSource;
  runId: string;
  path: string;
  root: readonly Artifact[];
}) {
  const { data, error, refetch } = useQuery(folderQuery(source, folderOf(path)));
  const beside = folderOf(path) === "" ? root : data;
  if (path === "") return <Folder source={source} runId={runId} path="" inside={root} />;
  if (beside === undefined)
    return error === null ? (
      <div className={styles.view} aria-busy="true" />
    ) : (
      <div className={styles.view}>
        <FailureNotice error={error} retry={refetch} />
      </div>
    );
  const artifact = beside.find((one) => one.path === path);
  if (artifact === undefined)
    return (
      <div className={styles.view}>
        <Notice icon="search" title="There is no such artifact">
          <p>Nothing is at “{path}”. It may have been deleted.</p>
        </Notice>
      </div>
    );
  return artifact.isFolder ? (
    <OpenFolder source={source} runId={runId} path={path} />
  ) : (
    <section className={styles.view} aria-label={artifact.path}>
      <Head source={source} path={path} facts={bytes(artifact.size)}>
        <a className={buttonClass()} href={fileAddress(source, path)} download={artifact.name}>
          <Icon name="download" />
          Download
        </a>
      </Head>
      <Preview key={path} source={source} artifact={artifact} />
    </section>
  );
}

function OpenFolder(props: { source: ArtifactSource; runId: string; path: string }) {
  const { data, error, refetch } = useQuery(folderQuery(props.source, props.path));
  if (data !== undefined) return <Folder {...props} inside={data} />;
  return (
    <div className={styles.view} aria-busy={error === null}>
      {error === null ? null : <FailureNotice error={error} retry={refetch} />}
    </div>
  );
}

function Folder({
  source,
  runId,
  path,
  inside,
}: {
  source: ArtifactSource;
  runId: string;
  path: string;
  inside: readonly Artifact[];
}) {
  const files = inside.filter(({ isFolder }) => !isFolder);
  const folders = inside.length - files.length;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const archive = archiveAddress(source, path);
  const isModel = files.some(({ name }) => name === "MLmodel");
  const facts = [
    folders === 0 ? "" : counted(folders, "folder"),
    files.length === 0 ? "" : `${counted(files.length, "file")}, ${bytes(size)}`,
  ];
  return (
    <section className={styles.view} aria-label={path === "" ? "All artifacts" : path}>
      <Head source={source} path={path} facts={facts.filter(Boolean).join(" and ")}>
        {archive === undefined ? null : (
          <a className={buttonClass()} href={archive} download>
            <Icon name="download" />
            {path === "" ? "Download all as ZIP" : "Download as ZIP"}
          </a>
        )}
      </Head>
      {isModel ? (
        <div className={styles.padded}>
          <ModelCard
            project={source.project}
            runId={runId}
            model={{
              id: path,
              name: path.slice(path.lastIndexOf("/") + 1) || "Model",
              uri: source.kind === "model" ? `models:/${source.id}` : `runs:/${runId}/${path}`,
              source,
              folder: path,
            }}
          />
        </div>
      ) : (
        <Notice
          icon="folder"
          title={path === "" ? "Choose a file to see it" : "Choose a file in this folder"}
        >
          <p>Pictures, text, JSON, tables, Markdown and HTML are shown here; anything can be downloaded.</p>
        </Notice>
      )}
    </section>
  );
}

const Head = ({
  source,
  path,
  facts,
  children,
}: {
  source: ArtifactSource;
  path: string;
  facts: string;
  children: React.ReactNode;
}) => (
  <div className={styles.viewHead}>
    <div className={styles.viewTitle}>
      <h2>{path === "" ? "All artifacts" : path.slice(path.lastIndexOf("/") + 1)}</h2>
      <CopyButton text={`${source.uri}${path === "" ? "" : `/${path}`}`} label="Copy its URI" />
      <span>{facts}</span>
    </div>
    {children}
  </div>
);
