import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { changes, modelQuery, type RegisteredModel } from "../../api/models.ts";
import { accessQuery } from "../../api/viewer.ts";
import { IconButton } from "../../parts/Button.tsx";
import { ConfirmDialog } from "../../parts/ConfirmDialog.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../parts/Menu.tsx";
import { FailureNotice } from "../../parts/Notice.tsx";
import { Tag } from "../../parts/Tag.tsx";
import { TagsDialog } from "../../parts/TagsDialog.tsx";
import { TextDialog } from "../../parts/TextDialog.tsx";
import { Ago } from "../../parts/Time.tsx";
import { useTitle } from "../../shell/title.ts";
import page from "../page.module.css";
import { Description } from "./Description.tsx";
import { ModelDialog } from "./ModelDialog.tsx";
import styles from "./Models.module.css";
import { VersionsTable } from "./VersionsTable.tsx";

/** A registered model with its versions. @param name the model's, where the address has no parameter for it. */
export function ModelPage({ name }: { name?: string }) {
  const { project = "", model: addressed = "" } = useParams({ strict: false });
  const shown = name ?? addressed;
  useTitle(shown, "Models", project);
  const { data: access } = useQuery(accessQuery(project));
  const { data: model, error, refetch } = useQuery(modelQuery(project, shown));
  const writes = access?.canWriteRegistry ?? false;
  if (error !== null && model === undefined) return <FailureNotice error={error} retry={refetch} />;
  return (
    <div className={page.page}>
      {model === undefined ? (
        <p role="status" className="visually-hidden">
          Loading
        </p>
      ) : (
        <>
          <Head project={project} model={model} writes={writes} />
          <VersionsTable project={project} model={model} writes={writes} />
        </>
      )}
    </div>
  );
}

type Open = "rename" | "description" | "tags" | "delete" | undefined;

function Head({ project, model, writes }: { project: string; model: RegisteredModel; writes: boolean }) {
  const navigate = useNavigate();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const { name, description, tags } = model;
  const change = changes(project);
  return (
    <>
      <div className={styles.crumbs}>
        <Link to="/p/$project/ml/models" params={{ project }}>
          Models
        </Link>
        <span aria-hidden="true">/</span>
        <h1>{name}</h1>
        {writes ? (
          <Menu trigger={<IconButton icon="more" label="Actions for this model" />}>
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
            <MenuItem icon="trash" danger onSelect={() => setOpen("delete")}>
              Delete …
            </MenuItem>
          </Menu>
        ) : null}
        <span className={styles.tags}>
          {tags.map(([key, value]) => (
            <Tag key={key} name={key} value={value} />
          ))}
        </span>
      </div>
      <p className={page.lead}>
        Created <Ago time={model.createdAt} />, last updated <Ago time={model.updatedAt} />
      </p>
      <Description
        text={description}
        edit={writes && description !== "" ? () => setOpen("description") : undefined}
      />
      {open === "rename" ? <ModelDialog project={project} renamed={name} onClose={close} /> : null}
      {open === "description" ? (
        <TextDialog
          isMarkdown
          title={`Description of ${name}`}
          text={description}
          save={(text) => change.describe(name, text)}
          onClose={close}
        />
      ) : null}
      {open === "tags" ? (
        <TagsDialog
          title={`Tags of ${name}`}
          tags={tags}
          set={(key, value) => change.setTag(name, key, value)}
          remove={(key) => change.deleteTag(name, key)}
          onClose={close}
        />
      ) : null}
      {open === "delete" ? (
        <ConfirmDialog
          title={`Delete ${name}?`}
          action="Delete model"
          typed={name}
          run={() => change.delete(name)}
          onDone={() => navigate({ to: "/p/$project/ml/models", params: { project }, search: {} })}
          onClose={close}
        >
          <p>
            The model goes with <strong>all of its versions</strong>, their stages, aliases and tags. There is
            no way back. What its runs have logged stays.
          </p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
