import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { CandidateDetail } from "../../api/candidate.ts";
import { changes } from "../../api/candidates.ts";
import { descriptionTag } from "../../api/experiments.ts";
import { Button, IconButton } from "../../parts/Button.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { later } from "../../parts/later.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../parts/Menu.tsx";
import { Status } from "../../parts/Status.tsx";
import { Ago, Duration } from "../../parts/Time.tsx";
import { Up } from "../../parts/Up.tsx";
import { useShortcut } from "../../shell/shortcuts.ts";
import { deleteCandidate, restoreCandidate } from "./actions.ts";
import styles from "./CandidateHead.module.css";

const TextDialog = later(async () => (await import("../../parts/TextDialog.tsx")).TextDialog);

/** Where the candidate belongs, its name, how it went, and what changes it. */
export function CandidateHead({
  project,
  detail: { candidate, experiment },
  writes,
}: {
  project: string;
  detail: CandidateDetail;
  writes: boolean;
}) {
  const [open, setOpen] = useState<"name" | "description">();
  const { id, name, status, startedAt, endedAt, user, stage } = candidate;
  const description = candidate.tags.get(descriptionTag) ?? "";
  const close = () => setOpen(undefined);
  const setTag = (key: string) => (text: string) => changes(project).setTag([id], key, text);
  const remove = () => void deleteCandidate(project, candidate);
  const restore = () => void restoreCandidate(project, candidate);
  const isActive = stage === "active";
  useShortcut("Delete", isActive ? "Delete the candidate" : "Restore the candidate", () => {
    if (writes) (isActive ? remove : restore)();
  });
  return (
    <header>
      <Up label="Where it belongs">
        <Link to="/p/$project/ml/experiments" params={{ project }}>
          Experiments
        </Link>
        <span aria-hidden="true">/</span>
        <Link to="/p/$project/ml/experiments/$experiment" params={{ project, experiment: experiment.id }}>
          {experiment.name}
        </Link>
      </Up>
      <div className={styles.title}>
        <h1>{name === "" ? <em>No name</em> : name}</h1>
        {writes ? (
          <Menu trigger={<IconButton icon="more" label="Actions for this candidate" />}>
            {isActive ? (
              <>
                <MenuItem icon="edit" onSelect={() => setOpen("name")}>
                  Rename …
                </MenuItem>
                <MenuItem icon="edit" onSelect={() => setOpen("description")}>
                  {description === "" ? "Describe …" : "Edit the description …"}
                </MenuItem>
                <MenuSeparator />
                <MenuItem icon="trash" keys="Del" danger onSelect={remove}>
                  Delete
                </MenuItem>
              </>
            ) : (
              <MenuItem icon="restore" keys="Del" onSelect={restore}>
                Restore
              </MenuItem>
            )}
          </Menu>
        ) : null}
      </div>
      <p className={styles.facts}>
        <Status status={status} />
        {startedAt === undefined ? null : (
          <span>
            started <Ago time={startedAt} />
          </span>
        )}
        {startedAt === undefined || endedAt === undefined ? null : (
          <span>
            took <Duration ms={endedAt - startedAt} />
          </span>
        )}
        {user === "" ? null : (
          <span className={styles.user}>
            <Icon name="user" /> {user}
          </span>
        )}
      </p>
      {isActive ? null : (
        <div className={styles.deleted} role="status">
          <Icon name="trash" />
          <span>This candidate is deleted. It can be restored until it is purged.</span>
          {writes ? (
            <Button kind="quiet" icon="restore" onClick={restore}>
              Restore
            </Button>
          ) : null}
        </div>
      )}
      {open === "name" ? (
        <TextDialog
          title="Rename candidate"
          label="Name"
          text={name}
          save={setTag("mlflow.runName")}
          onClose={close}
        />
      ) : null}
      {open === "description" ? (
        <TextDialog
          isMarkdown
          title={`Description of ${name || id}`}
          text={description}
          save={setTag(descriptionTag)}
          onClose={close}
        />
      ) : null}
    </header>
  );
}
