import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changes, descriptionTag, type Experiment } from "../../api/experiments.ts";
import { failureOf } from "../../api/failure.ts";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextArea } from "../../parts/Field.tsx";
import { Markdown } from "../../parts/Markdown.tsx";
import { Switcher } from "../../parts/Switcher.tsx";
import styles from "./CandidatesPage.module.css";

const faces = [
  { value: "write", text: "Write" },
  { value: "preview", text: "Preview" },
] as const;

export function DescriptionDialog({
  project,
  experiment,
  onClose,
}: {
  project: string;
  experiment: Experiment;
  onClose: () => void;
}) {
  const [text, setText] = useState(experiment.description);
  const [face, setFace] = useState<"write" | "preview">("write");
  const save = useMutation({
    mutationFn: () => changes(project).setTag(experiment.id, descriptionTag, text),
    onSuccess: onClose,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog wide title={`Description of ${experiment.name}`} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <Switcher label="Write or preview" value={face} choices={faces} onChoose={setFace} />
        {face === "write" ? (
          <TextArea
            label="Markdown"
            autoFocus
            rows={12}
            value={text}
            onChange={(event) => setText(event.target.value)}
            error={save.error === null ? undefined : failureOf(save.error).message}
          />
        ) : (
          <div className={styles.preview}>
            <Markdown text={text} />
          </div>
        )}
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={save.isPending}>
            Save
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
