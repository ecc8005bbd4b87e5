import { useState } from "react";
import type { Vocabulary } from "../../filter/complete.ts";
import { Button, IconButton } from "../../parts/Button.tsx";
import { SearchBox } from "../../parts/Field.tsx";
import { attributes } from "./attributes.tsx";
import styles from "./ColumnChooser.module.css";
import { type ChosenColumn, nameColumn, parseColumn } from "./column-ids.ts";
import { titleOf } from "./columns.ts";

const shownAtOnce = 100;

export interface ColumnListsProps {
  columns: readonly ChosenColumn[];
  vocabulary: Vocabulary;
  /** @param columns undefined for the usual ones. */
  onChange: (columns: readonly ChosenColumn[] | undefined) => void;
}

/** Which columns there are: choosing, pinning and moving them. */
export function ColumnLists({ columns, vocabulary, onChange }: ColumnListsProps) {
  const [search, setSearch] = useState("");
  const wanted = search.toLowerCase();
  const isChosen = (id: string) => columns.some((one) => one.id === id);
  const toggle = (ids: readonly string[], on: boolean) =>
    onChange(
      on
        ? [...columns, ...ids.filter((id) => !isChosen(id)).map((id) => ({ id }))]
        : columns.filter(({ id }) => id === nameColumn || !ids.includes(id)),
    );
  const groups = [
    { name: "Attributes", ids: [...attributes.keys()].filter((id) => id !== nameColumn) },
    { name: "Metrics", ids: vocabulary.metrics.map((key) => `metrics.${key}`) },
    { name: "Parameters", ids: vocabulary.params.map((key) => `params.${key}`) },
    { name: "Metadata", ids: vocabulary.tags.map((key) => `tags.${key}`) },
  ].map(({ name, ids }) => ({ name, ids: ids.filter((id) => titleOf(id).toLowerCase().includes(wanted)) }));

  return (
    <>
      <div className={styles.head}>
        <SearchBox label="Find a column" value={search} onChange={(event) => setSearch(event.target.value)} />
        <Button kind="quiet" onClick={() => onChange(undefined)}>
          Reset
        </Button>
      </div>
      <div className={styles.lists}>
        {search === "" ? <Chosen columns={columns} onChange={onChange} /> : null}
        {groups.map(({ name, ids }) =>
          ids.length === 0 ? null : (
            <Group key={name} name={name} ids={ids} isChosen={isChosen} toggle={toggle} />
          ),
        )}
        {groups.every(({ ids }) => ids.length === 0) ? (
          <p className={styles.none}>No column has this name.</p>
        ) : null}
      </div>
    </>
  );
}

function Group({
  name,
  ids,
  isChosen,
  toggle,
}: {
  name: string;
  ids: readonly string[];
  isChosen: (id: string) => boolean;
  toggle: (ids: readonly string[], on: boolean) => void;
}) {
  const all = ids.every(isChosen);
  return (
    <fieldset className={styles.group}>
      <legend>
        {name}
        <Button
          kind="quiet"
          onClick={() => toggle(ids, !all)}
          aria-label={`${all ? "Hide" : "Show"} all: ${name}`}
        >
          {all ? "None" : "All"}
        </Button>
      </legend>
      {ids.slice(0, shownAtOnce).map((id) => (
        <label key={id}>
          <input
            type="checkbox"
            checked={isChosen(id)}
            onChange={(event) => toggle([id], event.target.checked)}
          />
          <span>{titleOf(id)}</span>
        </label>
      ))}
      {ids.length > shownAtOnce ? (
        <p className={styles.none}>and {ids.length - shownAtOnce} more: search</p>
      ) : null}
    </fieldset>
  );
}

/** Those that are shown, in their order. */
function Chosen({
  columns,
  onChange,
}: {
  columns: readonly ChosenColumn[];
  onChange: (columns: readonly ChosenColumn[]) => void;
}) {
  return (
    <fieldset className={styles.group}>
      <legend>Shown</legend>
      <ol>
        {columns.map(({ id, isPinned = false }, at) => {
          const kind = parseColumn(id)?.kind;
          return (
            <li key={id} className={styles.chosen}>
              <span>
                {titleOf(id)}
                {kind === "attribute" ? null : <small>{kind}</small>}
              </span>
              {id === nameColumn ? null : (
                <>
                  <IconButton
                    icon="pin"
                    label={`${isPinned ? "Unpin" : "Pin"} ${titleOf(id)}`}
                    aria-pressed={isPinned}
                    onClick={() =>
                      onChange(columns.map((one) => (one.id === id ? { ...one, isPinned: !isPinned } : one)))
                    }
                  />
                  <IconButton
                    icon="up"
                    label={`Move ${titleOf(id)} to the left`}
                    disabled={at <= 1}
                    onClick={() => onChange(swapped(columns, at, at - 1))}
                  />
                  <IconButton
                    icon="down"
                    label={`Move ${titleOf(id)} to the right`}
                    disabled={at === columns.length - 1}
                    onClick={() => onChange(swapped(columns, at, at + 1))}
                  />
                  <IconButton
                    icon="close"
                    label={`Hide ${titleOf(id)}`}
                    onClick={() => onChange(columns.filter((one) => one.id !== id))}
                  />
                </>
              )}
            </li>
          );
        })}
      </ol>
    </fieldset>
  );
}

function swapped(columns: readonly ChosenColumn[], a: number, b: number): ChosenColumn[] {
  const changed = [...columns];
  const [one, other] = [columns[a], columns[b]];
  if (one !== undefined && other !== undefined)
    changed.splice(Math.min(a, b), 2, ...(a < b ? [other, one] : [one, other]));
  return changed;
}
