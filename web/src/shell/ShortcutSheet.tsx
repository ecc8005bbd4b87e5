import { Dialog } from "../parts/Dialog.tsx";
import styles from "./ShortcutSheet.module.css";
import { useShortcuts } from "./shortcuts.ts";

const shown: Record<string, string> = {
  ArrowDown: "↓",
  ArrowUp: "↑",
  ArrowLeft: "←",
  ArrowRight: "→",
  " ": "Space",
};

/** The shortcuts of this page. */
export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const shortcuts = useShortcuts();
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className={styles.sheet}>
        {shortcuts.map(({ keys, what }) => (
          <div key={keys}>
            <dt>{what}</dt>
            <dd>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{shown[key] ?? key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
