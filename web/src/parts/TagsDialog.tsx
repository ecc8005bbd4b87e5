import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button, IconButton } from "./Button.tsx";
import styles from "./Dialog.module.css";
import { Dialog, DialogButtons } from "./Dialog.tsx";
import { TextField } from "./Field.tsx";
import { FailureLine } from "./Notice.tsx";
import { Tag } from "./Tag.tsx";

/** The tags of something: each change is made at once. */
export function TagsDialog({
  title,
  tags,
  set,
  remove,
  onClose,
}: {
  title: string;
  tags: readonly (readonly [key: string, value: string])[];
  set: (key: string, value: string) => Promise<unknown>;
  remove: (key: string) => Promise<unknown>;
  onClose: () => void;
}) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const change = useMutation({
    mutationFn: (make: () => Promise<unknown>) => make(),
    onSuccess() {
      setKey("");
      setValue("");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(() => set(key.trim(), value));
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {tags.length === 0 ? <p className={styles.quiet}>No tags yet.</p> : null}
      <div className={styles.tags}>
        {tags.map(([name, text]) => (
          <Tag key={name} name={name} value={text}>
            <IconButton
              icon="close"
              label={`Delete the tag ${name}`}
              onClick={() => change.mutate(() => remove(name))}
            />
          </Tag>
        ))}
      </div>
      <form className={styles.pair} onSubmit={submit}>
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
