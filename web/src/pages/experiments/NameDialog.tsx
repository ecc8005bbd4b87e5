import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { changes, type Experiment } from "../../api/experiments.ts";
import { failureOf } from "../../api/failure.ts";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextField } from "../../parts/Field.tsx";

/** Makes an experiment, and opens it; or gives one another name. */
export function NameDialog({
  project,
  experiment,
  onClose,
}: {
  project: string;
  /** The one to rename; a new one is made when absent. */
  experiment?: Experiment;
  onClose: () => void;
}) {
  const navigate = useNavigate();
  const [name, setName] = useState(experiment?.name ?? "");
  const save = useMutation({
    async mutationFn() {
      if (experiment !== undefined) return void (await changes(project).rename(experiment.id, name.trim()));
      const { experimentId } = await changes(project).create(name.trim());
      await navigate({
        to: "/p/$project/ml/experiments/$experiment",
        params: { project, experiment: experimentId },
        search: {},
      });
    },
    onSuccess: onClose,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={experiment === undefined ? "New experiment" : "Rename experiment"} onClose={onClose}>
      <form onSubmit={submit}>
        <TextField
          label="Name"
          autoFocus
          required
          maxLength={500}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={save.error === null ? undefined : failureOf(save.error).message}
          hint={
            experiment === undefined
              ? "Clients find it by this name: mlflow.set_experiment(name)."
              : undefined
          }
        />
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={save.isPending || name.trim() === ""}>
            {experiment === undefined ? "Create" : "Rename"}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
