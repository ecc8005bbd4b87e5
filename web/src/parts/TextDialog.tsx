import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { failureOf } from "../api/failure.ts";
import { Button } from "./Button.tsx";
import styles from "./Dialog.module.css";
import { Dialog, DialogButtons } from "./Dialog.tsx";
import { TextArea, TextField } from "./Field.tsx";
import { Markdown } from "./Markdown.tsx";
import { Switcher } from "./Switcher.tsx";

const faces = [
  { value: "write", text: "Write" },
  { value: "preview", text: "Preview" },
] as const;

/** Changes a line, or a text in Markdown, which can be looked at before it is kept. */
export function TextDialog({
  title,
  label = "Markdown",
  text: before,
  isMarkdown = false,
  save,
  onClose,
}: {
  title: string;
  label?: string;
  text: string;
  isMarkdown?: boolean;
  save: (text: string) => Promise<unknown>;
  onClose: () => void;
}) {
  const [text, setText] = useState(before);
  const [face, setFace] = useState<"write" | "preview">("write");
  const saving = useMutation({ mutationFn: () => save(text), onSuccess: onClose });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  const field = {
    label,
    autoFocus: true,
    value: text,
    onChange: (event: { target: { value: string } }) => setText(event.target.value),
    error: saving.error === null ? undefined : failureOf(saving.error).message,
  };
  return (
    <Dialog wide={isMarkdown} title={title} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        {isMarkdown ? (
          <Switcher label="Write or preview" value={face} choices={faces} onChoose={setFace} />
        ) : null}
        {face === "preview" ? (
          <div className={styles.preview}>
            <Markdown text={text} />
          </div>
        ) : isMarkdown ? (
          <TextArea rows={12} {...field} />
        ) : (
          <TextField required {...field} />
        )}
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={saving.isPending}>
            Save
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
