import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changes, type ModelVersion } from "../../api/models.ts";
import { Button, IconButton } from "../../parts/Button.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextField } from "../../parts/Field.tsx";
import { FailureLine } from "../../parts/Notice.tsx";
import { Alias } from "./Marks.tsx";
import styles from "./Models.module.css";

/** The aliases of a version: each change is made at once. */
export function AliasesDialog({
  project,
  version,
  onClose,
}: {
  project: string;
  version: ModelVersion;
  onClose: () => void;
}) {
  const [alias, setAlias] = useState("");
  const change = useMutation({
    mutationFn: (make: () => Promise<unknown>) => make(),
    onSuccess: () => setAlias(""),
  });
  const { model, version: number, aliases } = version;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(() => changes(project).setAlias(model, alias.trim().replace(/^@/, ""), number));
  };
  return (
    <Dialog title={`Aliases of version ${number}`} onClose={onClose}>
      {aliases.length === 0 ? <p className={styles.none}>No aliases yet.</p> : null}
      <div className={styles.tags}>
        {aliases.map((name) => (
          <Alias key={name} alias={name}>
            <IconButton
              icon="close"
              label={`Delete the alias ${name}`}
              onClick={() => change.mutate(() => changes(project).deleteAlias(model, name))}
            />
          </Alias>
        ))}
      </div>
      <form className={styles.line} onSubmit={submit}>
        <TextField
          label="Alias"
          required
          autoFocus
          value={alias}
          placeholder="champion"
          hint={`models:/${model}@${alias.trim() || "champion"} leads here, and no longer to another version.`}
          onChange={(event) => setAlias(event.target.value)}
        />
        <Button type="submit" disabled={change.isPending || alias.trim() === ""}>
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
