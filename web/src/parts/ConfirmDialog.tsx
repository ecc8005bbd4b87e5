import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "./Button.tsx";
import styles from "./Dialog.module.css";
import { Dialog, DialogButtons } from "./Dialog.tsx";
import { TextField } from "./Field.tsx";
import { FailureLine } from "./Notice.tsx";

/** Asks before something that cannot be taken back. */
export function ConfirmDialog({
  title,
  action,
  typed,
  run,
  onDone,
  onClose,
  children,
}: {
  title: string;
  /** What the button that does it says. */
  action: string;
  /** What has to be typed first, where a slip would be costly. */
  typed?: string;
  run: () => Promise<unknown>;
  /** Called when it is done, before the dialog closes. */
  onDone?: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const [text, setText] = useState("");
  const confirm = useMutation({
    mutationFn: run,
    onSuccess() {
      onDone?.();
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <div className={styles.text}>{children}</div>
        {typed === undefined ? null : (
          <TextField
            label={`Type ${typed} to confirm`}
            autoFocus
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
        {confirm.error === null ? null : <FailureLine error={confirm.error} />}
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="danger"
            type="submit"
            autoFocus={typed === undefined}
            disabled={confirm.isPending || (typed !== undefined && text !== typed)}
          >
            {action}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
