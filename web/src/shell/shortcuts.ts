import { useEffect, useRef, useSyncExternalStore } from "react";

/** Keys that do something on the page as it is: pages say which with `useShortcut`, the sheet lists them. */
interface Shortcut {
  keys: string;
  what: string;
  run: (event: KeyboardEvent) => void;
}

let shortcuts: readonly Shortcut[] = [];
const listeners = new Set<() => void>();

function set(value: readonly Shortcut[]): void {
  shortcuts = value;
  for (const listener of listeners) listener();
}

const typing = "input, textarea, select, [contenteditable], [role=menu], dialog";

window.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.closest(typing) !== null) return;
  if (document.querySelector("dialog[open]") !== null) return;
  const found = shortcuts.findLast(({ keys }) => keys.split(" ").includes(event.key));
  if (found === undefined) return;
  event.preventDefault();
  found.run(event);
});

/**
 * Does something when a key is pressed outside of a field, while the component is there.
 * @param keys one or more names of keys as KeyboardEvent.key has them, separated by spaces.
 */
export function useShortcut(keys: string, what: string, run: (event: KeyboardEvent) => void): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    const shortcut = { keys, what, run: (event: KeyboardEvent) => latest.current(event) };
    set([...shortcuts, shortcut]);
    return () => set(shortcuts.filter((other) => other !== shortcut));
  }, [keys, what]);
}

/** Those of the page as it is. */
export const useShortcuts = () =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shortcuts,
  );
