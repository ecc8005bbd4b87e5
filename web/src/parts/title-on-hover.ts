import type { PointerEvent } from "react";

/**
 * Tells `text` of an element to whoever points at it. It is made then: nearly nobody asks for the full text of each of a
 * thousand cells, and the first text that `Intl` makes of a time takes up to 25 ms.
 */
export const titleOnHover = (text: () => string | undefined) => ({
  onPointerEnter({ currentTarget }: PointerEvent<HTMLElement>) {
    currentTarget.title = text() ?? "";
  },
});
