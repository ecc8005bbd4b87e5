import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { failureOf } from "../../api/failure.ts";
import { changes, modelsOfferedQuery, sourceRunQuery } from "../../api/models.ts";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextArea, TextField } from "../../parts/Field.tsx";
import styles from "./Models.module.css";

/** What of a run is registered: a folder among its artifacts, or a model that it logged. */
export type ModelSource = { artifactPath: string } | { loggedModelId: string };

/** Makes a version of a registered model, or of a new one, from what a run logged; then opens it. */
export function RegisterDialog({
  project,
  runId,
  source,
  onClose,
}: {
  project: string;
  runId: string;
  source: ModelSource;
  onClose: () => void;
}) {
  const navigate = useNavigate();
  const listed = useId();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const { data: run, error: absent } = useQuery(sourceRunQuery(project, runId));
  const { data: known } = useQuery({
    ...modelsOfferedQuery(project, name.trim()),
    placeholderData: (before) => before,
  });
  const isKnown = known?.includes(name.trim()) ?? false;
  const register = useMutation({
    async mutationFn() {
      if (run === undefined || run === null) return;
      const model = name.trim();
      const version = await changes(project).register(model, {
        runId,
        description,
        ...("loggedModelId" in source
          ? { source: `models:/${source.loggedModelId}`, modelId: source.loggedModelId }
          : { source: [run.artifactUri, source.artifactPath].filter(Boolean).join("/") }),
      });
      await navigate({
        to: "/p/$project/ml/models/$model/versions/$version",
        params: { project, model, version },
        search: {},
      });
    },
    onSuccess: onClose,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    register.mutate();
  };
  const what = "loggedModelId" in source ? source.loggedModelId : source.artifactPath || "all artifacts";
  const wrong = register.error ?? absent;
  return (
    <Dialog title="Register a model" onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <p className={styles.what}>
          {run === null ? (
            "There is no such candidate any more."
          ) : (
            <>
              <code>{what}</code> of {run?.name || <code>{runId}</code>}
            </>
          )}
        </p>
        <TextField
          label="Model"
          required
          autoFocus
          maxLength={256}
          list={listed}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={wrong === null ? undefined : failureOf(wrong).message}
          hint={
            isKnown
              ? "It gets a new version."
              : "One that exists gets a new version; any other name makes a new model."
          }
        />
        <datalist id={listed}>
          {known?.map((model) => (
            <option key={model} value={model} />
          ))}
        </datalist>
        <TextArea
          label="Description of the version"
          className={styles.low ?? ""}
          hint="Markdown. It can be written later."
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={register.isPending || name.trim() === "" || run === undefined || run === null}
          >
            Register
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
