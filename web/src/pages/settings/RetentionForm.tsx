import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changes } from "../../api/projects.ts";
import { bytes } from "../../format/bytes.ts";
import { counted } from "../../format/number.ts";
import { Button } from "../../parts/Button.tsx";
import { ConfirmDialog } from "../../parts/ConfirmDialog.tsx";
import { TextField } from "../../parts/Field.tsx";
import { FailureLine } from "../../parts/Notice.tsx";
import { toast } from "../../parts/Toast.tsx";
import { Section, sectionStyles as styles } from "./Sections.tsx";

/** How long what is deleted stays. @param days absent: for ever. */
export function RetentionForm({
  project,
  days,
  manages,
  purges,
  deleted,
}: {
  project: string;
  days: number | undefined;
  manages: boolean;
  purges: boolean;
  /** How many candidates are deleted. */
  deleted: number;
}) {
  const before = days === undefined ? "" : String(days);
  const [text, setText] = useState(before);
  const [isPurging, setPurging] = useState(false);
  const save = useMutation({
    mutationFn: () => changes(project).update({ retentionDays: text.trim() === "" ? -1 : Number(text) }),
    onSuccess: () => toast("Saved."),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Section
      title="Retention"
      lead="What is deleted can be restored until it is purged. Whatever a version of a registered model was made from is never purged."
    >
      <form className={styles.form} onSubmit={submit}>
        <TextField
          label="Days until what is deleted is purged"
          type="number"
          min={0}
          max={36500}
          placeholder="Never"
          disabled={!manages}
          value={text}
          onChange={(event) => setText(event.target.value)}
          hint={manages ? "Empty: never by itself." : "Maintainers of the project can change this."}
        />
        {save.error === null ? null : <FailureLine error={save.error} />}
        <div className={styles.row}>
          {manages ? (
            <Button kind="primary" type="submit" disabled={save.isPending || text.trim() === before}>
              Save
            </Button>
          ) : null}
          {purges ? (
            <Button kind="danger" icon="trash" onClick={() => setPurging(true)}>
              Purge now …
            </Button>
          ) : null}
        </div>
      </form>
      {isPurging ? (
        <ConfirmDialog
          title="Purge what is deleted?"
          action="Purge"
          typed="purge"
          run={async () => {
            const { purged } = await changes(project).purgeDeleted(0);
            toast(
              `Purged ${counted(Number(purged?.runs ?? 0n), "candidate")} and ${bytes(Number(purged?.artifactBytes ?? 0n))} of artifacts.`,
            );
          }}
          onClose={() => setPurging(false)}
        >
          <p>
            All deleted experiments and models, and <strong>{counted(deleted, "deleted candidate")}</strong>,
            are removed for good with their artifacts. There is no way back.
          </p>
        </ConfirmDialog>
      ) : null}
    </Section>
  );
}
