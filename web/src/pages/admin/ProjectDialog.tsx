import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { failureOf } from "../../api/failure.ts";
import { createProject } from "../../api/projects.ts";
import { Button } from "../../parts/Button.tsx";
import { SelectField } from "../../parts/Choice.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextField } from "../../parts/Field.tsx";
import { type Visibility, visibilities } from "../settings/GeneralSection.tsx";
import { sectionStyles as styles } from "../settings/Sections.tsx";

/** Makes a project, and opens its members. */
export function ProjectDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [path, setPath] = useState("");
  const [description, setDescription] = useState("");
  const [visibility, setVisibility] = useState<Visibility>("members");
  const create = useMutation({
    async mutationFn() {
      const project = path.trim();
      await createProject({ path: project, description, visibility });
      await navigate({
        to: "/p/$project/ml/settings/{-$section}",
        params: { project, section: "members" },
        search: {},
      });
    },
    onSuccess: onClose,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog title="New project" onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <TextField
          label="Path"
          required
          autoFocus
          placeholder="group/project"
          value={path}
          onChange={(event) => setPath(event.target.value)}
          error={create.error === null ? undefined : failureOf(create.error).message}
          hint="As in GitLab: jobs of the GitLab project with the same path can be trusted."
        />
        <TextField
          label="Description"
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
        <SelectField
          label="Who may read"
          value={visibility}
          choices={visibilities}
          onChoose={setVisibility}
        />
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={create.isPending || path.trim() === ""}>
            Create project
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
