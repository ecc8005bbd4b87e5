import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { changes, descriptionTag, type Experiment, ownTags } from "../../api/experiments.ts";
import { Button, IconButton } from "../../parts/Button.tsx";
import { later } from "../../parts/later.tsx";
import { Markdown } from "../../parts/Markdown.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../parts/Menu.tsx";
import { Tag } from "../../parts/Tag.tsx";
import { deleteExperiment, restoreExperiment } from "../experiments/actions.ts";
import styles from "./ExperimentHead.module.css";

const TagsDialog = later(async () => (await import("../../parts/TagsDialog.tsx")).TagsDialog);
const TextDialog = later(async () => (await import("../../parts/TextDialog.tsx")).TextDialog);
const NameDialog = later(async () => (await import("../experiments/NameDialog.tsx")).NameDialog);

type Open = "rename" | "description" | "tags" | undefined;

/** The name of the experiment, its tags and its description, and what changes them. */
export function ExperimentHead({
  project,
  experiment,
  writes,
}: {
  project: string;
  experiment: Experiment;
  writes: boolean;
}) {
  const navigate = useNavigate();
  const [open, setOpen] = useState<Open>();
  const [isUnfolded, setUnfolded] = useState(false);
  const { description } = experiment;
  const tags = ownTags(experiment.tags);
  const close = () => setOpen(undefined);
  const isActive = experiment.stage === "active";
  return (
    <header className={styles.head}>
      <div className={styles.title}>
        <Link className={styles.up} to="/p/$project/ml/experiments" params={{ project }}>
          Experiments
        </Link>
        <span aria-hidden="true">/</span>
        <h1 title={`Experiment ${experiment.id}`}>{experiment.name}</h1>
        {isActive ? null : <span className={styles.deleted}>Deleted</span>}
        {writes ? (
          <Menu trigger={<IconButton icon="more" label="Actions for this experiment" />}>
            {isActive ? (
              <>
                <MenuItem icon="edit" onSelect={() => setOpen("rename")}>
                  Rename …
                </MenuItem>
                <MenuItem icon="edit" onSelect={() => setOpen("description")}>
                  {description === "" ? "Describe …" : "Edit the description …"}
                </MenuItem>
                <MenuItem icon="tag" onSelect={() => setOpen("tags")}>
                  Edit the tags …
                </MenuItem>
                <MenuSeparator />
                <MenuItem
                  icon="trash"
                  danger
                  onSelect={async () => {
                    await deleteExperiment(project, experiment);
                    await navigate({ to: "/p/$project/ml/experiments", params: { project }, search: {} });
                  }}
                >
                  Delete
                </MenuItem>
              </>
            ) : (
              <MenuItem icon="restore" onSelect={() => void restoreExperiment(project, experiment)}>
                Restore
              </MenuItem>
            )}
          </Menu>
        ) : null}
        <span className={styles.tags}>
          {tags.map(([key, value]) => (
            <Tag key={key} name={key} value={value} />
          ))}
        </span>
      </div>
      {description === "" ? null : (
        <section
          className={styles.description}
          aria-label="Description"
          data-unfolded={isUnfolded || undefined}
        >
          <Markdown text={description} />
          {isLong(description) ? (
            <Button kind="quiet" aria-expanded={isUnfolded} onClick={() => setUnfolded(!isUnfolded)}>
              {isUnfolded ? "Less" : "More"}
            </Button>
          ) : null}
        </section>
      )}
      {open === "rename" ? <NameDialog project={project} experiment={experiment} onClose={close} /> : null}
      {open === "description" ? (
        <TextDialog
          isMarkdown
          title={`Description of ${experiment.name}`}
          text={description}
          save={(text) => changes(project).setTag(experiment.id, descriptionTag, text)}
          onClose={close}
        />
      ) : null}
      {open === "tags" ? (
        <TagsDialog
          title={`Tags of ${experiment.name}`}
          tags={tags}
          set={(key, value) => changes(project).setTag(experiment.id, key, value)}
          remove={(key) => changes(project).deleteTag(experiment.id, key)}
          onClose={close}
        />
      ) : null}
    </header>
  );
}

const isLong = (text: string) => text.length > 240 || text.trim().includes("\n");
