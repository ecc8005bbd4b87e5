import { useSyncExternalStore } from "react";
import { Button, IconButton } from "./Button.tsx";
import styles from "./Toast.module.css";

interface Toast {
  id: number;
  text: string;
  /** What takes it back. */
  undo?: () => void;
}

let toasts: readonly Toast[] = [];
let next = 0;
const listeners = new Set<() => void>();

function set(value: readonly Toast[]): void {
  toasts = value;
  for (const listener of listeners) listener();
}

const dismiss = (id: number) => set(toasts.filter((toast) => toast.id !== id));

/** Says at the edge of the page that something was done, for eight seconds. */
export function toast(text: string, undo?: () => void): void {
  const id = next++;
  set([...toasts.slice(-2), { id, text, ...(undo === undefined ? {} : { undo }) }]);
  setTimeout(() => dismiss(id), 8000);
}

/** Where toasts appear; once per page. */
export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <section className={styles.toasts} aria-label="Messages" aria-live="polite">
      {shown.map(({ id, text, undo }) => (
        <div key={id} className={styles.toast}>
          <span>{text}</span>
          {undo === undefined ? null : (
            <Button
              kind="quiet"
              onClick={() => {
                dismiss(id);
                undo();
              }}
            >
              Undo
            </Button>
          )}
          <IconButton icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </section>
  );
}
