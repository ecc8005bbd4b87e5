import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changes } from "../../api/candidates.ts";
import { failureOf } from "../../api/failure.ts";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextArea, TextField } from "../../parts/Field.tsx";
import styles from "./CandidatePage.module.css";
import type { TextValue } from "./Parameters.tsx";

/** Sets a tag of a candidate; a new one when `tag` has no key. */
export function TagDialog({
  project,
  runId,
  tag,
  onClose,
}: {
  project: string;
  runId: string;
  tag: TextValue;
  onClose: () => void;
}) {
  const isNew = tag.key === "";
  const [key, setKey] = useState(tag.key);
  const [value, setValue] = useState(tag.value);
  const save = useMutation({
    mutationFn: () => changes(project).setTag([runId], key.trim(), value),
    onSuccess: onClose,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={isNew ? "Add a tag" : `Edit the tag ${tag.key}`} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        {isNew ? (
          <TextField
            label="Key"
            required
            autoFocus
            value={key}
            onChange={(event) => setKey(event.target.value)}
            hint="Takes the place of a tag that has this key."
          />
        ) : null}
        <TextArea
          label="Value"
          className={styles.low ?? ""}
          autoFocus={!isNew}
          value={value}
          onChange={(event) => setValue(event.target.value)}
          error={save.error === null ? undefined : failureOf(save.error).message}
        />
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={save.isPending || key.trim() === ""}>
            {isNew ? "Add" : "Save"}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
