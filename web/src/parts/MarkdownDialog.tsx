import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { failureOf } from "../api/failure.ts";
import { Button } from "./Button.tsx";
import styles from "./Dialog.module.css";
import { Dialog, DialogButtons } from "./Dialog.tsx";
import { TextArea } from "./Field.tsx";
import { Markdown } from "./Markdown.tsx";
import { Switcher } from "./Switcher.tsx";

const faces = [
  { value: "write", text: "Write" },
  { value: "preview", text: "Preview" },
] as const;

/** A text in Markdown, to write and to look at before it is saved. */
export function MarkdownDialog({
  title,
  text: before,
  save,
  onClose,
}: {
  title: string;
  text: string;
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
  return (
    <Dialog wide title={title} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <Switcher label="Write or preview" value={face} choices={faces} onChoose={setFace} />
        {face === "write" ? (
          <TextArea
            label="Markdown"
            autoFocus
            rows={12}
            value={text}
            onChange={(event) => setText(event.target.value)}
            error={saving.error === null ? undefined : failureOf(saving.error).message}
          />
        ) : (
          <div className={styles.preview}>
            <Markdown text={text} />
          </div>
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
