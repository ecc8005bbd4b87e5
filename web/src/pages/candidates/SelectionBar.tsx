import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { type CandidatesOf, changes } from "../../api/candidates.ts";
import { failureOf } from "../../api/failure.ts";
import { count, counted } from "../../format/number.ts";
import { Button, buttonClass, IconButton } from "../../parts/Button.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextField } from "../../parts/Field.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { FailureLine } from "../../parts/Notice.tsx";
import { toast } from "../../parts/Toast.tsx";
import { useShortcut } from "../../shell/shortcuts.ts";
import styles from "./CandidatesPage.module.css";
import type { ChosenColumn } from "./column-ids.ts";
import { ExportMenu } from "./ExportMenu.tsx";
import { mostInAddress } from "./view.ts";

/** What can be done with the candidates that are selected. */
export function SelectionBar({
  project,
  selected,
  total,
  of,
  columns,
  isTrash,
  writes,
  onClear,
}: {
  project: string;
  selected: readonly string[];
  /** How many there are to select from, as far as that is known. */
  total: number | undefined;
  of: CandidatesOf;
  columns: readonly ChosenColumn[];
  /** Whether they are deleted ones. */
  isTrash: boolean;
  writes: boolean;
  onClear: () => void;
}) {
  const [isTagging, setTagging] = useState(false);
  const navigate = useNavigate();
  const change = changes(project);
  const act = useMutation({
    mutationFn: (what: "delete" | "restore") => change[what](selected),
    onSuccess(_, what) {
      const ids = selected;
      onClear();
      const candidates = counted(ids.length, "candidate");
      if (what === "delete") toast(`Deleted ${candidates}.`, () => void change.restore(ids));
      else toast(`Restored ${candidates}.`);
    },
    onError: (error) => toast(failureOf(error).message),
  });
  const compared = { runs: selected.slice(0, mostInAddress).join(",") };
  useShortcut(
    "c",
    "Compare the selected",
    () => void navigate({ to: "/p/$project/ml/compare", params: { project }, search: compared }),
  );
  useShortcut("Escape", "Select none", onClear);
  useShortcut("Delete", isTrash ? "Restore the selected" : "Delete the selected", () => {
    if (writes) act.mutate(isTrash ? "restore" : "delete");
  });
  return (
    <div className={styles.selection} role="toolbar" aria-label="Selected candidates">
      <IconButton icon="close" label="Select none" onClick={onClear} />
      <strong>{counted(selected.length, "candidate")} selected</strong>
      {total !== undefined && total > selected.length ? (
        <span className={styles.of}>of {count(total)}</span>
      ) : null}
      <div className={styles.actions}>
        <ExportMenu of={of} columns={columns} ids={selected} trigger={<Button icon="download" />} />
        <Link
          className={buttonClass()}
          to="/p/$project/ml/compare"
          params={{ project }}
          search={compared}
          title={
            selected.length > mostInAddress
              ? `The first ${mostInAddress} of them; more are not compared at once`
              : undefined
          }
        >
          <Icon name="compare" />
          Compare
        </Link>
        {writes ? (
          isTrash ? (
            <Button icon="restore" disabled={act.isPending} onClick={() => act.mutate("restore")}>
              Restore
            </Button>
          ) : (
            <>
              <Button icon="tag" onClick={() => setTagging(true)}>
                Tag
              </Button>
              <Button
                icon="trash"
                kind="danger"
                disabled={act.isPending}
                onClick={() => act.mutate("delete")}
              >
                Delete
              </Button>
            </>
          )
        ) : null}
      </div>
      {isTagging ? <TagDialog project={project} ids={selected} onClose={() => setTagging(false)} /> : null}
    </div>
  );
}

function TagDialog({
  project,
  ids,
  onClose,
}: {
  project: string;
  ids: readonly string[];
  onClose: () => void;
}) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const save = useMutation({
    mutationFn: () => changes(project).setTag(ids, key.trim(), value),
    onSuccess() {
      toast(`Tagged ${counted(ids.length, "candidate")} with “${key.trim()}”.`);
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={`Tag ${counted(ids.length, "candidate")}`} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <TextField
          label="Key"
          autoFocus
          required
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        <TextField
          label="Value"
          value={value}
          onChange={(event) => setValue(event.target.value)}
          hint="Takes the place of the value that a candidate has."
        />
        {save.error === null ? null : <FailureLine error={save.error} />}
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={save.isPending || key.trim() === ""}>
            Tag
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
