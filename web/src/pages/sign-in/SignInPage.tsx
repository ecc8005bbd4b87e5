import { useMutation, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { failureOf } from "../../api/failure.ts";
import { signIn, viewerQuery } from "../../api/viewer.ts";
import mark from "../../design/mark.svg";
import { Button, buttonClass } from "../../parts/Button.tsx";
import { TextField } from "../../parts/Field.tsx";
import { useTitle } from "../../shell/title.ts";
import styles from "./SignInPage.module.css";

/** Begins a session with a token; then goes back to where one came from. */
export function SignInPage() {
  useTitle("Sign in");
  const { return_to: from } = useSearch({ strict: false });
  const [token, setToken] = useState("");
  const enter = useMutation({
    mutationFn: () => signIn(token.trim()),
    onSuccess: () => window.location.assign(ownPath(from)),
  });
  const { data } = useQuery(viewerQuery);
  const provider = data?.server.oidcSignInPath;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  return (
    <div className={styles.page}>
      <form className={styles.form} onSubmit={submit}>
        <img src={mark} alt="" />
        <h1>Sign in to Loggia</h1>
        {provider === undefined ? null : (
          <a
            className={buttonClass("primary")}
            href={`${provider}?return_to=${encodeURIComponent(ownPath(from))}`}
          >
            {data?.server.oidcLabel || "Sign in with your organisation"}
          </a>
        )}
        <TextField
          label="Token"
          type="password"
          autoComplete="current-password"
          required
          value={token}
          onChange={(event) => setToken(event.target.value)}
          error={enter.error === null ? undefined : messageOf(enter.error)}
          hint="A token of yours or of a project. It is not kept in this browser: a session takes its place."
        />
        <Button
          kind={provider === undefined ? "primary" : "plain"}
          type="submit"
          disabled={enter.isPending || token.trim() === ""}
        >
          {enter.isPending ? "Signing in …" : "Sign in"}
        </Button>
      </form>
    </div>
  );
}

const messageOf = (error: unknown) => {
  const { kind, message } = failureOf(error);
  return kind === "signed-out" ? "This token is not known, has ended, or was revoked." : message;
};

/** Where to go: a path of this site alone, whatever the address asks for. */
function ownPath(path: string | undefined): string {
  const url = URL.parse(path ?? "/", window.location.origin);
  return url?.origin === window.location.origin ? `${url.pathname}${url.search}` : "/";
}
