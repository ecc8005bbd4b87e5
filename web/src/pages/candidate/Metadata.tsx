import { useState } from "react";
import { deleteTag } from "../../api/candidate.ts";
import { type Candidate, changes } from "../../api/candidates.ts";
import { descriptionTag, ownTags } from "../../api/experiments.ts";
import { failureOf } from "../../api/failure.ts";
import { Button, IconButton } from "../../parts/Button.tsx";
import { CopyButton } from "../../parts/Copy.tsx";
import { later } from "../../parts/later.tsx";
import { toast } from "../../parts/Toast.tsx";
import { Fact, Facts } from "./Card.tsx";
import { byKey, type TextValue, textColumns } from "./Parameters.tsx";
import { ValueCard } from "./ValueCard.tsx";
import styles from "./values.module.css";

const TagDialog = later(async () => (await import("./TagDialog.tsx")).TagDialog);

const columns = textColumns("Tag");

/** The tags: those that people gave can be changed, those of clients are read below them. */
export function Metadata({
  project,
  candidate,
  writes,
}: {
  project: string;
  candidate: Candidate;
  writes: boolean;
}) {
  const [edited, setEdited] = useState<TextValue>();
  const own = ownTags(candidate.tags);
  const ownKeys = new Set(own.map(([key]) => key));
  const others = byKey(candidate.tags).filter(({ key }) => !ownKeys.has(key) && key !== descriptionTag);
  return (
    <>
      <ValueCard
        title="Metadata"
        values={byKey(own)}
        columns={columns}
        layout={styles.tags}
        tools={
          writes ? (
            <Button kind="quiet" icon="add" onClick={() => setEdited({ key: "", value: "" })}>
              Add a tag
            </Button>
          ) : null
        }
        actions={(tag) => (
          <>
            <CopyButton text={tag.value} label={`Copy ${tag.key}`} />
            {writes ? (
              <>
                <IconButton icon="edit" label={`Edit the tag ${tag.key}`} onClick={() => setEdited(tag)} />
                <IconButton
                  icon="trash"
                  label={`Delete the tag ${tag.key}`}
                  onClick={() => void remove(project, candidate.id, tag)}
                />
              </>
            ) : null}
          </>
        )}
        empty={
          writes ? "No tags yet. They hold what you want to remember, and can be searched by." : "No tags."
        }
      >
        {others.length === 0 ? null : (
          <details className={styles.more}>
            <summary>Set by clients ({others.length})</summary>
            <Facts>
              {others.map(({ key, value }) => (
                <Fact key={key} name={key} tools={<CopyButton text={value} label={`Copy ${key}`} />}>
                  {value.length > 300 ? `${value.slice(0, 300)} …` : value || "empty"}
                </Fact>
              ))}
            </Facts>
          </details>
        )}
      </ValueCard>
      {edited === undefined ? null : (
        <TagDialog project={project} runId={candidate.id} tag={edited} onClose={() => setEdited(undefined)} />
      )}
    </>
  );
}

/** Deletes a tag, which can be taken back. */
async function remove(project: string, runId: string, { key, value }: TextValue): Promise<void> {
  try {
    await deleteTag(project, runId, key);
    toast(`Deleted the tag “${key}”.`, () => void changes(project).setTag([runId], key, value));
  } catch (error) {
    toast(failureOf(error).message);
  }
}
