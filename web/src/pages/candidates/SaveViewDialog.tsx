import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { failureOf } from "../../api/failure.ts";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextField } from "../../parts/Field.tsx";

/** Asks for the name of a view. */
export function SaveViewDialog({
  save,
  onClose,
}: {
  save: (name: string) => Promise<unknown>;
  onClose: () => void;
}) {
  const [name, setName] = useState("");
  const saving = useMutation({ mutationFn: () => save(name.trim()), onSuccess: onClose });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <Dialog title="Save this view" onClose={onClose}>
      <form onSubmit={submit}>
        <TextField
          label="Name"
          autoFocus
          required
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={saving.error === null ? undefined : failureOf(saving.error).message}
          hint="Everyone in the project can choose it. A view of the same name is replaced."
        />
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={saving.isPending || name.trim() === ""}>
            Save
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
