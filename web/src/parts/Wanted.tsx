import { cloneElement, type ReactElement, type ReactNode, useState } from "react";

/**
 * A button in place of what it opens, until it is used for the first time. What it opens is then there, with the same button,
 * and open.
 * @param load fetches its code, also when the button is merely approached.
 * @param children renders it with that code. No lazy component: the button stays until the code is there, whatever else of the
 * page is waiting, and nothing blinks.
 */
export function Wanted<Code>({
  trigger,
  label,
  popup,
  load,
  children,
}: {
  trigger: ReactElement<Record<string, unknown>>;
  label: ReactNode;
  popup: "menu" | "dialog";
  load: () => Promise<Code>;
  children: (code: Code) => ReactNode;
}) {
  const [code, setCode] = useState<{ loaded: Code }>();
  if (code !== undefined) return children(code.loaded);
  return cloneElement(
    trigger,
    {
      "aria-haspopup": popup,
      "aria-expanded": false,
      onPointerEnter: load,
      onFocus: load,
      onClick: () => void load().then((loaded) => setCode({ loaded })),
    },
    label,
  );
}
