import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { failureOf } from "../../api/failure.ts";
import { changes } from "../../api/models.ts";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextArea, TextField } from "../../parts/Field.tsx";
import styles from "./Models.module.css";

/** Makes a registered model without versions, or gives one another name; then opens it. */
export function ModelDialog({
  project,
  renamed,
  onClose,
}: {
  project: string;
  /** The name of the one to rename; a new one is made when absent. */
  renamed?: string;
  onClose: () => void;
}) {
  const navigate = useNavigate();
  const [name, setName] = useState(renamed ?? "");
  const [description, setDescription] = useState("");
  const save = useMutation({
    async mutationFn() {
      const model = name.trim();
      if (renamed === undefined) await changes(project).create(model, description);
      else if (renamed !== model) await changes(project).rename(renamed, model);
      await navigate({ to: "/p/$project/ml/models/$model", params: { project, model }, search: {} });
    },
    onSuccess: onClose,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={renamed === undefined ? "New model" : "Rename model"} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <TextField
          label="Name"
          autoFocus
          required
          maxLength={256}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={save.error === null ? undefined : failureOf(save.error).message}
          hint={
            renamed === undefined
              ? "Clients load it by this name."
              : "Clients that load it by its old name fail."
          }
        />
        {renamed === undefined ? (
          <TextArea
            label="Description"
            className={styles.low ?? ""}
            hint="Markdown. It can be written later."
            value={description}
            onChange={(event) => setDescription(event.target.value)}
          />
        ) : null}
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={save.isPending || name.trim() === ""}>
            {renamed === undefined ? "Create" : "Rename"}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
