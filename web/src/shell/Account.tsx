import { useQuery } from "@tanstack/react-query";
import { viewerQuery } from "../api/viewer.ts";
import { buttonClass } from "../parts/Button.tsx";
import { AccountMenu } from "./AccountMenu.tsx";

/** Who is signed in, and what is theirs; where nobody has to sign in, what is the server's. */
export function Account() {
  const { data } = useQuery(viewerQuery);
  const viewer = data?.viewer;
  if (viewer === undefined) return null;
  if (viewer.kind === "anonymous")
    return (
      <a className={buttonClass("quiet")} href="/-/sign-in">
        Sign in
      </a>
    );
  return <AccountMenu viewer={viewer} />;
}
