import { useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { parseSearch, printSearch } from "../../address.ts";
import { changes, type Experiment } from "../../api/experiments.ts";
import { failureOf } from "../../api/failure.ts";
import { Button } from "../../parts/Button.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextField } from "../../parts/Field.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../parts/Menu.tsx";
import { toast } from "../../parts/Toast.tsx";

/** A saved view is a tag of the experiment, so everyone in the project has it: its name → the search of the address. */
const prefix = "loggia.view.";

const savedViews = (experiment: Experiment): [name: string, search: string][] =>
  [...experiment.tags]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, search]): [string, string] => [key.slice(prefix.length), search])
    .sort(([a], [b]) => a.localeCompare(b));

/** Views by name, to go to and to save; and the address of this one, to send to somebody. */
export function ViewsMenu({
  project,
  experiment,
  writes,
}: {
  project: string;
  experiment: Experiment;
  writes: boolean;
}) {
  const navigate = useNavigate();
  const { selected: _, ...search } = useSearch({ strict: false });
  const [isSaving, setSaving] = useState(false);
  const views = savedViews(experiment);
  const current = printSearch(search);
  const shown = views.find(([, saved]) => saved === current);
  return (
    <>
      <Menu align="end" trigger={<Button icon="bookmark" />} label={shown?.[0] ?? "Views"}>
        {views.map(([name, saved]) => (
          <MenuItem
            key={name}
            {...(saved === current ? { icon: "check" } : {})}
            onSelect={() => navigate({ to: ".", search: parseSearch(saved) })}
          >
            {name}
          </MenuItem>
        ))}
        {views.length > 0 ? <MenuSeparator /> : null}
        {writes ? (
          <MenuItem icon="add" disabled={current === ""} onSelect={() => setSaving(true)}>
            Save this view …
          </MenuItem>
        ) : null}
        {shown !== undefined && writes ? (
          <MenuItem
            icon="trash"
            danger
            onSelect={() => void changes(project).deleteTag(experiment.id, prefix + shown[0])}
          >
            Delete “{shown[0]}”
          </MenuItem>
        ) : null}
        <MenuItem
          icon="copy"
          onSelect={async () => {
            await navigator.clipboard.writeText(window.location.href);
            toast("Copied the address of this view.");
          }}
        >
          Copy the address
        </MenuItem>
        {current === "" ? null : (
          <MenuItem icon="close" onSelect={() => navigate({ to: ".", search: {} })}>
            Back to the usual view
          </MenuItem>
        )}
      </Menu>
      {isSaving ? (
        <SaveDialog
          save={(name) => changes(project).setTag(experiment.id, prefix + name, current)}
          onClose={() => setSaving(false)}
        />
      ) : null}
    </>
  );
}

function SaveDialog({ save, onClose }: { save: (name: string) => Promise<unknown>; onClose: () => void }) {
  const [name, setName] = useState("");
  const saving = useMutation({ mutationFn: () => save(name.trim()), onSuccess: onClose });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <Dialog title="Save this view" onClose={onClose}>
      <form onSubmit={submit}>
        <TextField
          label="Name"
          autoFocus
          required
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={saving.error === null ? undefined : failureOf(saving.error).message}
          hint="Everyone in the project can choose it. A view of the same name is replaced."
        />
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={saving.isPending || name.trim() === ""}>
            Save
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
