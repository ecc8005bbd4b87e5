import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { IconButton } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import type { Completion, Vocabulary } from "./complete.ts";
import styles from "./FilterBox.module.css";
import { quotedValue } from "./quote.ts";

/** Loaded when somebody begins to write. */
type Complete = typeof import("./complete.ts").complete;

/** What is wrong with a filter, and where: offsets of code units. */
export interface FilterProblem {
  message: string;
  start?: number;
  end?: number;
}

export interface ValuesWanted {
  kind: "param" | "tag" | "attribute";
  key: string;
  prefix: string;
}

/**
 * A line in MLflow's filter language, with what may come next below it and what is wrong marked in it.
 * @param onFilter called when a filter is meant: with Enter, or by leaving the line.
 * @param values finds values of a column to complete by.
 */
export function FilterBox({
  id,
  filter,
  problem,
  vocabulary,
  values,
  onFilter,
}: {
  id: string;
  filter: string;
  problem: FilterProblem | undefined;
  vocabulary: Vocabulary;
  values: (wanted: ValuesWanted, signal: AbortSignal) => Promise<readonly string[]>;
  onFilter: (filter: string) => void;
}) {
  const [text, setText] = useState(filter);
  const [caret, setCaret] = useState<number>();
  const [chosen, setChosen] = useState(-1);
  const [left, setLeft] = useState(0);
  const [complete, setComplete] = useState<Complete>();
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  // The address may change under it: another view, or back.
  useEffect(() => setText(filter), [filter]);

  const completions = caret === undefined ? undefined : complete?.(text, caret, vocabulary);
  const wanted = completions?.values;
  const { data: found } = useQuery({
    queryKey: ["values", id, wanted],
    queryFn: ({ signal }) => (wanted === undefined ? [] : values(wanted, signal)),
    enabled: wanted !== undefined,
    placeholderData: (before) => before,
    retry: false,
  });
  const valueOptions: Completion[] =
    wanted === undefined || found === undefined
      ? []
      : found.map((value) => ({ text: quotedValue(value), about: "" }));
  const options = (wanted === undefined ? (completions?.options ?? []) : valueOptions).filter(
    (option) => option.text !== text.slice(completions?.start, completions?.end),
  );
  const isOpen = options.length > 0;

  const take = (option: Completion) => {
    if (completions === undefined) return;
    const rest = text.slice(completions.end).replace(/^\s+/, "");
    const start = `${text.slice(0, completions.start)}${option.text} `;
    setText(start + rest);
    setChosen(-1);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(start.length, start.length);
      setCaret(start.length);
    });
  };

  const submit = (value = text) => {
    setCaret(undefined);
    setChosen(-1);
    if (value.trim() !== filter) onFilter(value.trim());
  };

  const keys = (event: KeyboardEvent<HTMLInputElement>) => {
    const option = options[chosen];
    if (event.key === "ArrowDown" && isOpen) setChosen((chosen + 1) % options.length);
    else if (event.key === "ArrowUp" && isOpen) setChosen((chosen <= 0 ? options.length : chosen) - 1);
    else if (event.key === "Enter" && option !== undefined) take(option);
    else if (event.key === "Tab" && !event.shiftKey && isOpen && (option !== undefined || text !== ""))
      take(option ?? (options[0] as Completion));
    else if (event.key === "Enter") submit();
    else if (event.key === "Escape" && isOpen && caret !== undefined) setCaret(undefined);
    else if (event.key === "Escape") input.current?.blur();
    else return;
    event.preventDefault();
  };

  const isWrong = problem !== undefined && text === filter;
  return (
    <div className={styles.box} data-wrong={isWrong ? "" : undefined}>
      <Icon name="filter" />
      <div className={styles.line}>
        {isWrong ? <Marked text={text} problem={problem} left={left} /> : null}
        <input
          ref={input}
          id={id}
          role="combobox"
          className={styles.input}
          aria-label="Filter"
          aria-expanded={isOpen}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && chosen >= 0 ? `${list}-${chosen}` : undefined}
          aria-invalid={isWrong}
          aria-describedby={isWrong ? `${id}-problem` : undefined}
          placeholder="Filter: metrics.loss < 0.2 AND params.model = 'tree'"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setCaret(event.target.selectionStart ?? undefined);
            setChosen(-1);
          }}
          onFocus={() => {
            if (complete === undefined)
              import("./complete.ts").then(
                (loaded) => setComplete(() => loaded.complete),
                // A line without completions is still a line.
                () => {},
              );
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? undefined)}
          onScroll={(event) => setLeft(event.currentTarget.scrollLeft)}
          onKeyDown={keys}
          onBlur={() => submit()}
        />
      </div>
      {text === "" ? null : (
        <IconButton
          icon="close"
          label="Clear the filter"
          className={styles.clear ?? ""}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => {
            setText("");
            submit("");
          }}
        />
      )}
      {isOpen ? (
        <div id={list} role="listbox" aria-label="Completions" className={styles.list}>
          {options.map((option, i) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the line above handles the keys
            <div
              key={option.text}
              id={`${list}-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === chosen}
              className={styles.option}
              ref={(element) => {
                if (i === chosen) element?.scrollIntoView({ block: "nearest" });
              }}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => take(option)}
            >
              <span>{option.text}</span>
              <small>{option.about}</small>
            </div>
          ))}
        </div>
      ) : null}
      {isWrong ? (
        <p id={`${id}-problem`} className={styles.problem} role="alert">
          {problem.message}
        </p>
      ) : null}
    </div>
  );
}

/** The same text behind the line, with the wrong part underlined. */
const Marked = ({ text, problem, left }: { text: string; problem: FilterProblem; left: number }) => {
  const { start = 0, end = text.length } = problem;
  return (
    <div className={styles.marked} aria-hidden="true">
      <span style={{ marginLeft: -left }}>
        {text.slice(0, start)}
        <mark>{text.slice(start, end) || " "}</mark>
        {text.slice(Math.max(start, end))}
      </span>
    </div>
  );
};
