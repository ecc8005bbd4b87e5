import { useMemo, useRef } from "react";
import { type Look, lookAt, placesOf } from "./palette.ts";

/** How each run is drawn: the same on every chart, and while others come and go. */
export function useLooks(ids: readonly string[]): (id: string) => Look {
  const places = useRef<ReadonlyMap<string, number>>(new Map());
  return useMemo(() => {
    const now = placesOf(ids, places.current);
    places.current = now;
    return (id) => lookAt(now.get(id) ?? 0);
  }, [ids]);
}
