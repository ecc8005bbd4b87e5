import { useEffect } from "react";

/** The title of the window: from the narrowest to the widest, as people read their tabs. */
export function useTitle(...parts: readonly (string | undefined)[]): void {
  const title = [...parts.filter(Boolean), "Loggia"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}
