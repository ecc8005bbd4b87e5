import { cloneElement, type ReactElement, type ReactNode, startTransition, useState } from "react";

/**
 * A button in place of what it opens, until it is used for the first time. What it opens is then there, with the same button,
 * and open.
 * @param load fetches its code, also when the button is merely approached.
 */
export function Wanted({
  trigger,
  label,
  popup,
  load,
  children,
}: {
  trigger: ReactElement<Record<string, unknown>>;
  label: ReactNode;
  popup: "menu" | "dialog";
  load: () => Promise<unknown>;
  children: ReactNode;
}) {
  const [isWanted, setWanted] = useState(false);
  const button = cloneElement(
    trigger,
    {
      "aria-haspopup": popup,
      "aria-expanded": false,
      onPointerEnter: load,
      onFocus: load,
      // The button stays until the code is there; a boundary of its own would blink, and React holds those back for 300 ms.
      onClick: () => startTransition(() => setWanted(true)),
    },
    label,
  );
  return isWanted ? children : button;
}
