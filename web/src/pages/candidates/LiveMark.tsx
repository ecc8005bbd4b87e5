import { counted } from "../../format/number.ts";
import { Button } from "../../parts/Button.tsx";
import styles from "./LiveMark.module.css";
import type { Live } from "./useLive.ts";

const told = {
  connecting: { text: "Connecting", title: "Changes will appear by themselves in a moment." },
  live: { text: "Live", title: "New values and candidates appear by themselves." },
  retrying: { text: "Reconnecting", title: "Changes will appear once the server can be reached again." },
  paused: { text: "Paused", title: "Changes appear when the tab is seen." },
  ended: { text: "Not live", title: "Reload the page to see what has changed." },
} as const;

/** Whether the table is told of changes, and what it does not show yet so that no row jumps. */
export function LiveMark({ live: { state, added, isReordered, show } }: { live: Live }) {
  const { text, title } = told[state];
  return (
    <span className={styles.live}>
      <span role="status">
        {added > 0 || isReordered ? (
          <Button className={styles.news ?? ""} icon="up" onClick={show}>
            {added > 0 ? counted(added, "new candidate") : "The order has changed"}
          </Button>
        ) : null}
      </span>
      <span className={styles.mark} data-state={state} title={title}>
        {text}
      </span>
    </span>
  );
}
