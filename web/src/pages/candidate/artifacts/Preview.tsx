import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { type Artifact, type ArtifactSource, beginningQuery, fileAddress } from "../../../api/artifacts.ts";
import { bytes } from "../../../format/bytes.ts";
import { indented } from "../../../format/json.ts";
import { CopyButton } from "../../../parts/Copy.tsx";
import { Markdown } from "../../../parts/Markdown.tsx";
import { FailureNotice, Notice } from "../../../parts/Notice.tsx";
import { Switcher } from "../../../parts/Switcher.tsx";
import styles from "./Artifacts.module.css";
import { type Kind, kindOf, mostBytes } from "./kind.ts";
import { TablePreview } from "./TablePreview.tsx";

/** What a kind is shown as, beside its plain text. */
const faces: Partial<Record<Kind, string>> = {
  json: "Indented",
  table: "Table",
  markdown: "Formatted",
  page: "Page",
};

/** A file, as far as it can be shown. */
export function Preview({ source, artifact }: { source: ArtifactSource; artifact: Artifact }) {
  const [isPlain, setPlain] = useState(false);
  const kind = kindOf(artifact.name);
  const isSvg = /\.svg$/i.test(artifact.name);
  const face = isSvg ? "Picture" : faces[kind];
  const isWhole = kind === "picture" || kind === "page";
  if (artifact.size === 0)
    return (
      <Notice icon="file" title="An empty file">
        <p>It has no bytes.</p>
      </Notice>
    );
  if (artifact.size > mostBytes[kind] && (kind === "unknown" || (isWhole && !isPlain)))
    return <TooLarge size={artifact.size} />;
  return (
    <>
      {face === undefined ? null : (
        <div className={styles.faces}>
          <Switcher
            label="How it is shown"
            value={isPlain ? "plain" : "shown"}
            choices={[
              { value: "shown", text: face },
              { value: "plain", text: "Text" },
            ]}
            onChoose={(value) => setPlain(value === "plain")}
          />
          {kind === "page" && !isPlain ? (
            <p>Shown without scripts and without anything from other sites.</p>
          ) : null}
        </div>
      )}
      {isWhole && !isPlain ? (
        kind === "picture" ? (
          <Picture source={source} artifact={artifact} />
        ) : (
          <iframe
            className={styles.page}
            title={`${artifact.name}, without rights`}
            sandbox=""
            referrerPolicy="no-referrer"
            src={fileAddress(source, artifact.path, true)}
          />
        )
      ) : (
        <TextPreview source={source} artifact={artifact} kind={isPlain || isWhole ? "text" : kind} />
      )}
    </>
  );
}

const TooLarge = ({ size }: { size: number }) => (
  <Notice icon="file" title="Too large to show">
    <p>It has {bytes(size)}, and is not loaded. Download it to look at it.</p>
  </Notice>
);

const Unknown = () => (
  <Notice icon="file" title="No preview">
    <p>It is neither text nor a picture. Download it to open it with what made it.</p>
  </Notice>
);

function Picture({ source, artifact }: { source: ArtifactSource; artifact: Artifact }) {
  const [size, setSize] = useState<string>();
  const [isBroken, setBroken] = useState(false);
  if (isBroken)
    return (
      <Notice icon="warning" title="This picture cannot be shown">
        <p>Its bytes are not what its name says, or the browser does not know the format.</p>
      </Notice>
    );
  return (
    <figure className={styles.picture}>
      <img
        src={fileAddress(source, artifact.path)}
        alt={artifact.name}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
          setSize(naturalWidth > 0 ? `${naturalWidth} × ${naturalHeight} pixels` : undefined)
        }
        onError={() => setBroken(true)}
      />
      <figcaption>{size}</figcaption>
    </figure>
  );
}

function TextPreview({ source, artifact, kind }: { source: ArtifactSource; artifact: Artifact; kind: Kind }) {
  const most = mostBytes[kind];
  const { data, error, refetch } = useQuery(beginningQuery(source, artifact, most));
  if (data === undefined)
    return error === null ? (
      <div className={styles.loading} aria-busy="true" />
    ) : (
      <FailureNotice error={error} retry={refetch} />
    );
  if (data.isBinary) return <Unknown />;
  return (
    <>
      {data.isCut ? (
        <p className={styles.cut} role="note">
          The first {bytes(most)} of {bytes(artifact.size)}. Download it for the rest.
        </p>
      ) : null}
      <Shown kind={kind} name={artifact.name} text={data.text} isCut={data.isCut} />
    </>
  );
}

function Shown({
  kind,
  name,
  text,
  isCut,
}: {
  kind: Kind;
  name: string;
  text: string;
  isCut: boolean;
}): ReactNode {
  switch (kind) {
    case "table":
      return <TablePreview name={name} text={text} isCut={isCut} />;
    case "markdown":
      return (
        <div className={styles.padded}>
          <Markdown text={text} />
        </div>
      );
    case "json":
      return <Text text={(isCut ? undefined : indented(text)) ?? text} />;
    default:
      return <Text text={text} />;
  }
}

const Text = ({ text }: { text: string }) => (
  <div className={styles.text}>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard */}
    <section tabIndex={0} aria-label="Text">
      <pre>{text}</pre>
    </section>
    <CopyButton text={text} label="Copy the text" />
  </div>
);
