import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { parseSearch, printSearch } from "../../address.ts";
import { changes, type Experiment } from "../../api/experiments.ts";
import { byName } from "../../format/by-name.ts";
import { Button } from "../../parts/Button.tsx";
import { later } from "../../parts/later.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../parts/Menu.tsx";
import { toast } from "../../parts/Toast.tsx";

const SaveViewDialog = later(async () => (await import("./SaveViewDialog.tsx")).SaveViewDialog);

/** A saved view is a tag of the experiment, so everyone in the project has it: its name → the search of the address. */
const prefix = "loggia.view.";

const savedViews = (experiment: Experiment): [name: string, search: string][] =>
  [...experiment.tags]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, search]): [string, string] => [key.slice(prefix.length), search])
    .sort(([a], [b]) => byName(a, b));

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
        <SaveViewDialog
          save={(name) => changes(project).setTag(experiment.id, prefix + name, current)}
          onClose={() => setSaving(false)}
        />
      ) : null}
    </>
  );
}
