import { type ComponentType, type ReactNode, useCallback, useEffect, useState } from "react";
import { Button } from "./Button.tsx";
import { FailureLine } from "./Notice.tsx";

interface Code<Props> {
  load: () => Promise<ComponentType<Props>>;
  waiting: ReactNode;
  known?: ComponentType<Props>;
}

/** `load` has the code come before it is drawn; who draws it is told what goes wrong. */
export interface LaterComponent<Props> {
  (props: Props): ReactNode;
  load: () => void;
}

/**
 * A component whose code comes when it is first drawn, or wanted. Unlike React's `lazy` it does not break the page when the server is
 * gone just then: it says so where it would stand, and can be asked for again. Nor is it held back for 300 ms, as React holds what
 * stood in a Suspense, even if its code came at once.
 * @param waiting stands in its place meanwhile.
 */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  waiting: ReactNode = null,
): LaterComponent<Props> {
  const code: Code<Props> = {
    load: async () => {
      code.known = await load();
      return code.known;
    },
    waiting,
  };
  const draw = (props: Props) => <Later code={code} props={props} />;
  return Object.assign(draw, { load: () => void code.load().catch(() => {}) });
}

function Later<Props extends object>({ code, props }: { code: Code<Props>; props: Props }) {
  const [Found, setFound] = useState(() => code.known);
  const [error, setError] = useState<unknown>();
  const fetch = useCallback(() => {
    setError(undefined);
    code.load().then((found) => setFound(() => found), setError);
  }, [code]);
  useEffect(() => {
    if (code.known === undefined) fetch();
  }, [code, fetch]);
  if (Found !== undefined) return <Found {...props} />;
  if (error === undefined) return code.waiting;
  return (
    <>
      <FailureLine error={error} />
      <Button onClick={fetch}>Try again</Button>
    </>
  );
}
