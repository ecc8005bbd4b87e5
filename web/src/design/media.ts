import { useSyncExternalStore } from "react";

const narrow = window.matchMedia("(width < 40rem)");

/** Whether the page is as narrow as a phone; the same width as in the style sheets. */
export const useNarrow = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      narrow.addEventListener("change", listener);
      return () => narrow.removeEventListener("change", listener);
    },
    () => narrow.matches,
  );
