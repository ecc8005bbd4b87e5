import { cloneElement, type ReactElement, type ReactNode, Suspense, useState } from "react";

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
      onClick: () => setWanted(true),
    },
    label,
  );
  return isWanted ? <Suspense fallback={button}>{children}</Suspense> : button;
}
