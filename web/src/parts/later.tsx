import { type ComponentType, type ReactNode, useCallback, useEffect, useState } from "react";
import { Button } from "./Button.tsx";
import { FailureLine } from "./Notice.tsx";

interface Code<Props> {
  load: () => Promise<ComponentType<Props>>;
  waiting: ReactNode;
  known?: ComponentType<Props>;
}

/**
 * A component whose code comes when it is first drawn. Unlike React's `lazy` it does not break the page when the server is gone just
 * then: it says so where it would stand, and can be asked for again.
 * @param waiting stands in its place meanwhile.
 */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  waiting: ReactNode = null,
): (props: Props) => ReactNode {
  const code: Code<Props> = { load, waiting };
  return (props) => <Later code={code} props={props} />;
}

function Later<Props extends object>({ code, props }: { code: Code<Props>; props: Props }) {
  const [Found, setFound] = useState(() => code.known);
  const [error, setError] = useState<unknown>();
  const fetch = useCallback(() => {
    setError(undefined);
    code.load().then((found) => {
      code.known = found;
      setFound(() => found);
    }, setError);
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
