import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { MadeToken, Token, TokenList } from "../../api/tokens.ts";
import { Button } from "../../parts/Button.tsx";
import { ConfirmDialog } from "../../parts/ConfirmDialog.tsx";
import { FailureNotice, Notice } from "../../parts/Notice.tsx";
import { toast } from "../../parts/Toast.tsx";
import { Section } from "../settings/Sections.tsx";
import { SecretDialog } from "./SecretDialog.tsx";
import { TokenDialog } from "./TokenDialog.tsx";
import styles from "./Tokens.module.css";
import { TokensTable } from "./TokensTable.tsx";

type Asked = { what: "revoke" | "rotate"; token: Token };

/** Tokens: making, rotating and revoking them. A new one's secret is shown once. */
export function Tokens({ title, lead, list }: { title: string; lead: ReactNode; list: TokenList }) {
  const [withEnded, setWithEnded] = useState(false);
  const [isCreating, setCreating] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  const [made, setMade] = useState<MadeToken>();
  const { data: tokens, error, refetch } = useQuery(list.query(withEnded));
  if (error !== null && tokens === undefined) return <FailureNotice error={error} retry={refetch} />;
  return (
    <Section
      title={title}
      lead={lead}
      tools={
        <>
          <label className={styles.filter}>
            <input
              type="checkbox"
              checked={withEnded}
              onChange={(event) => setWithEnded(event.target.checked)}
            />
            With ended ones
          </label>
          <Button kind="primary" icon="add" onClick={() => setCreating(true)}>
            New token
          </Button>
        </>
      }
    >
      {tokens?.length === 0 ? (
        <Notice icon="lock" title="No tokens yet">
          <p>A client sends one as MLFLOW_TRACKING_TOKEN.</p>
        </Notice>
      ) : (
        <TokensTable
          label={title}
          tokens={tokens}
          onRevoke={(token) => setAsked({ what: "revoke", token })}
          onRotate={(token) => setAsked({ what: "rotate", token })}
        />
      )}
      {isCreating ? <TokenDialog list={list} onMade={setMade} onClose={() => setCreating(false)} /> : null}
      {asked === undefined ? null : (
        <Confirm list={list} asked={asked} onMade={setMade} onClose={() => setAsked(undefined)} />
      )}
      {made === undefined ? null : <SecretDialog made={made} onClose={() => setMade(undefined)} />}
    </Section>
  );
}

const Confirm = ({
  list,
  asked: { what, token },
  onMade,
  onClose,
}: {
  list: TokenList;
  asked: Asked;
  onMade: (made: MadeToken) => void;
  onClose: () => void;
}) =>
  what === "revoke" ? (
    <ConfirmDialog
      title={`Revoke ${token.name}?`}
      action="Revoke token"
      run={() => list.revoke(token.tokenId)}
      onDone={() => toast(`Revoked “${token.name}”.`)}
      onClose={onClose}
    >
      <p>Whatever uses it is refused at once. There is no way back.</p>
    </ConfirmDialog>
  ) : (
    <ConfirmDialog
      title={`Rotate ${token.name}?`}
      action="Rotate token"
      run={async () => onMade(await list.rotate(token.tokenId))}
      onClose={onClose}
    >
      <p>
        A new token with the same rights takes its place, and lives as long.{" "}
        <strong>The old one ends at once.</strong>
      </p>
    </ConfirmDialog>
  );
