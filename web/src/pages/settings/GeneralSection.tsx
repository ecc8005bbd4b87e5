import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changes, type Project, projectQuery } from "../../api/projects.ts";
import type { ViewerProject } from "../../api/viewer.ts";
import { Button } from "../../parts/Button.tsx";
import { SelectField } from "../../parts/Choice.tsx";
import { ConfirmDialog } from "../../parts/ConfirmDialog.tsx";
import { TextArea, TextField } from "../../parts/Field.tsx";
import { FailureLine, FailureNotice } from "../../parts/Notice.tsx";
import { toast } from "../../parts/Toast.tsx";
import { PathDialog } from "./PathDialog.tsx";
import { Section, sectionStyles as styles } from "./Sections.tsx";

export const visibilities = [
  { value: "members", text: "Members alone" },
  { value: "public", text: "Everyone who has a token" },
  { value: "disabled", text: "Nobody: switched off" },
] as const;

export type Visibility = (typeof visibilities)[number]["value"];

/** What the project is called, who may read it, and its end. */
export function GeneralSection({ project, access }: { project: string; access: ViewerProject }) {
  const { data, error, refetch } = useQuery(projectQuery(project));
  if (error !== null && data === undefined) return <FailureNotice error={error} retry={refetch} />;
  if (data === undefined) return null;
  // Archiving, deleting and renaming need what managing members needs.
  const owns = access.canManageMembers;
  return (
    <>
      <Settings project={project} settings={data} manages={access.canManageSettings} />
      {owns ? <Ends project={project} settings={data} /> : null}
    </>
  );
}

function Settings({ project, settings, manages }: { project: string; settings: Project; manages: boolean }) {
  const [name, setName] = useState(settings.name);
  const [description, setDescription] = useState(settings.description);
  const [visibility, setVisibility] = useState(settings.visibility as Visibility);
  const save = useMutation({
    mutationFn: () =>
      changes(project).update({
        ...(name.trim() === settings.name ? {} : { name: name.trim() }),
        description,
        visibility,
      }),
    onSuccess: () => toast("Saved."),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const isSame =
    name.trim() === settings.name &&
    description === settings.description &&
    visibility === settings.visibility;
  return (
    <Section title="General" {...(manages ? {} : { lead: "Maintainers of the project can change this." })}>
      <form className={styles.form} onSubmit={submit}>
        <TextField
          label="Name"
          required={settings.name !== ""}
          placeholder={settings.path.split("/").at(-1)}
          disabled={!manages}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TextArea
          label="Description"
          disabled={!manages}
          className={styles.low ?? ""}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
        <SelectField
          label="Who may read"
          disabled={!manages}
          value={visibility}
          choices={visibilities}
          onChoose={setVisibility}
          hint="Writing takes a role in the project in any case."
        />
        {save.error === null ? null : <FailureLine error={save.error} />}
        {manages ? (
          <div className={styles.row}>
            <Button kind="primary" type="submit" disabled={save.isPending || isSame}>
              Save
            </Button>
          </div>
        ) : null}
      </form>
    </Section>
  );
}

function Ends({ project, settings }: { project: string; settings: Project }) {
  const [open, setOpen] = useState<"path" | "archive" | "delete">();
  const close = () => setOpen(undefined);
  const change = changes(project);
  const { path, archivedAt } = settings;
  const isArchived = archivedAt !== undefined;
  const restore = useMutation({
    mutationFn: change.unarchive,
    onSuccess: () => toast("The project can be written again."),
  });
  return (
    <Section title="Path, archive and deletion">
      <div className={styles.danger}>
        <div>
          <div>
            <h3>Path</h3>
            <p>
              <code>{path}</code> is in the addresses of pages and of clients.
            </p>
          </div>
          <Button onClick={() => setOpen("path")}>Change …</Button>
        </div>
        <div>
          <div>
            <h3>{isArchived ? "This project is archived" : "Archive"}</h3>
            <p>
              {isArchived
                ? "It can be read, and nothing in it changes."
                : "It can still be read, and no longer be written. This can be taken back."}
            </p>
            {restore.error === null ? null : <FailureLine error={restore.error} />}
          </div>
          {isArchived ? (
            <Button disabled={restore.isPending} onClick={() => restore.mutate()}>
              Unarchive
            </Button>
          ) : (
            <Button onClick={() => setOpen("archive")}>Archive …</Button>
          )}
        </div>
        <div>
          <div>
            <h3>Delete</h3>
            <p>With all experiments, candidates, models and artifacts. There is no way back.</p>
          </div>
          <Button kind="danger" onClick={() => setOpen("delete")}>
            Delete …
          </Button>
        </div>
      </div>
      {open === "path" ? <PathDialog project={project} path={path} onClose={close} /> : null}
      {open === "archive" ? (
        <ConfirmDialog
          title={`Archive ${path}?`}
          action="Archive project"
          run={change.archive}
          onDone={() => toast("The project is archived.")}
          onClose={close}
        >
          <p>Clients that log to it get an error until it is unarchived.</p>
        </ConfirmDialog>
      ) : null}
      {open === "delete" ? (
        <ConfirmDialog
          title={`Delete ${path}?`}
          action="Delete project"
          typed={path}
          run={() => change.delete(path)}
          onDone={() => window.location.assign("/")}
          onClose={close}
        >
          <p>
            <strong>Everything in it is gone at once</strong> for everyone: experiments, candidates, models,
            artifacts, tokens. There is no way back.
          </p>
        </ConfirmDialog>
      ) : null}
    </Section>
  );
}
