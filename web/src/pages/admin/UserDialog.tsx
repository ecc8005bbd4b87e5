import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { failureOf } from "../../api/failure.ts";
import { type User, userChanges } from "../../api/members.ts";
import { Button } from "../../parts/Button.tsx";
import { CheckField } from "../../parts/Choice.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextField } from "../../parts/Field.tsx";
import { sectionStyles as styles } from "../settings/Sections.tsx";

/** Makes a user, or changes one. */
export function UserDialog({ user, onClose }: { user?: User; onClose: () => void }) {
  const [username, setUsername] = useState(user?.username ?? "");
  const [name, setName] = useState(user?.name ?? "");
  const [isAdmin, setAdmin] = useState(user?.isAdmin ?? false);
  const save = useMutation({
    mutationFn(): Promise<unknown> {
      const { create, update } = userChanges();
      return (user === undefined ? create : update)({
        username: username.trim(),
        name: name.trim(),
        isAdmin,
      });
    },
    onSuccess: onClose,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={user === undefined ? "New user" : `Edit ${user.username}`} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        {user === undefined ? (
          <TextField
            label="Username"
            required
            autoFocus
            value={username}
            onChange={(event) => setUsername(event.target.value)}
            hint="Letters, digits, _, . and -."
          />
        ) : null}
        <TextField
          label="Name"
          autoFocus={user !== undefined}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={save.error === null ? undefined : failureOf(save.error).message}
          hint="What people call them."
        />
        <CheckField
          label="Administrator of the server"
          hint="Makes users and projects, and may do all in every project."
          checked={isAdmin}
          onCheck={setAdmin}
        />
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={save.isPending || username.trim() === ""}>
            {user === undefined ? "Create user" : "Save"}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
