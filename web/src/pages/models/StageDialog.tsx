import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changes, type ModelStage, type ModelVersion, stages } from "../../api/models.ts";
import { Button } from "../../parts/Button.tsx";
import { CheckField } from "../../parts/Choice.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { FailureLine } from "../../parts/Notice.tsx";
import { Switcher } from "../../parts/Switcher.tsx";
import { toast } from "../../parts/Toast.tsx";
import styles from "./Models.module.css";

const choices = stages.map((value) => ({ value, text: value }));

/** Gives a version another stage, in place of those that have it if so wished. */
export function StageDialog({
  project,
  version,
  onClose,
}: {
  project: string;
  version: ModelVersion;
  onClose: () => void;
}) {
  const [stage, setStage] = useState<ModelStage>(version.stage);
  const [archives, setArchives] = useState(true);
  const isActive = stage === "Staging" || stage === "Production";
  const move = useMutation({
    mutationFn: () =>
      changes(project).transition(version.model, version.version, stage, isActive && archives),
    onSuccess() {
      toast(`Version ${version.version} is now in ${stage === "None" ? "no stage" : stage}.`);
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    move.mutate();
  };
  return (
    <Dialog title={`Stage of version ${version.version}`} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <div>
          <Switcher label="Stage" value={stage} choices={choices} onChoose={setStage} />
        </div>
        {isActive ? (
          <CheckField
            label={`Archive the other versions in ${stage}`}
            hint={`Clients that load the stage ${stage} get this version.`}
            checked={archives}
            onCheck={setArchives}
          />
        ) : null}
        {move.error === null ? null : <FailureLine error={move.error} />}
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={move.isPending || stage === version.stage}>
            Change stage
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
