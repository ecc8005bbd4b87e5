import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changes, type Experiment, ownTags } from "../../api/experiments.ts";
import { Button, IconButton } from "../../parts/Button.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextField } from "../../parts/Field.tsx";
import { FailureLine } from "../../parts/Notice.tsx";
import { Tag } from "../../parts/Tag.tsx";
import styles from "./CandidatesPage.module.css";

/** The tags of an experiment: each change is made at once. */
export function TagsDialog({
  project,
  experiment,
  onClose,
}: {
  project: string;
  experiment: Experiment;
  onClose: () => void;
}) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const tags = ownTags(experiment.tags);
  const change = useMutation({
    mutationFn: (make: () => Promise<unknown>) => make(),
    onSuccess() {
      setKey("");
      setValue("");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(() => changes(project).setTag(experiment.id, key.trim(), value));
  };
  return (
    <Dialog title={`Tags of ${experiment.name}`} onClose={onClose}>
      {tags.length === 0 ? <p className={styles.quiet}>No tags yet.</p> : null}
      <div className={styles.tagList}>
        {tags.map(([name, text]) => (
          <Tag key={name} name={name} value={text}>
            <IconButton
              icon="close"
              label={`Delete the tag ${name}`}
              onClick={() => change.mutate(() => changes(project).deleteTag(experiment.id, name))}
            />
          </Tag>
        ))}
      </div>
      <form className={styles.tagForm} onSubmit={submit}>
        <TextField
          label="Key"
          required
          autoFocus
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        <TextField label="Value" value={value} onChange={(event) => setValue(event.target.value)} />
        <Button type="submit" disabled={change.isPending || key.trim() === ""}>
          Set
        </Button>
      </form>
      {change.error === null ? null : <FailureLine error={change.error} />}
      <DialogButtons>
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
