import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { failureOf } from "../../api/failure.ts";
import { changes } from "../../api/projects.ts";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextField } from "../../parts/Field.tsx";
import { sectionStyles as styles } from "./Sections.tsx";

/** Gives the project another path, and goes to it. */
export function PathDialog({
  project,
  path: before,
  onClose,
}: {
  project: string;
  path: string;
  onClose: () => void;
}) {
  const [path, setPath] = useState(before);
  const move = useMutation({
    mutationFn: () => changes(project).update({ path: path.trim() }),
    onSuccess: () => window.location.assign(`/${path.trim()}/-/ml/settings`),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    move.mutate();
  };
  return (
    <Dialog title="Change the path" onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <TextField
          label="Path"
          required
          autoFocus
          value={path}
          onChange={(event) => setPath(event.target.value)}
          error={move.error === null ? undefined : failureOf(move.error).message}
          hint="Clients and links with the old path fail. Another group is for administrators to choose."
        />
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={move.isPending || path.trim() === "" || path.trim() === before}
          >
            Change path
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
