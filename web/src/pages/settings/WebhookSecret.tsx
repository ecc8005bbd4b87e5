import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { GetSetupResponse } from "../../../../gen/loggia/v1/ci_pb.js";
import { changes } from "../../api/ci.ts";
import { Button } from "../../parts/Button.tsx";
import { ConfirmDialog } from "../../parts/ConfirmDialog.tsx";
import { CopyButton, Snippet } from "../../parts/Copy.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { FailureLine } from "../../parts/Notice.tsx";
import { Ago } from "../../parts/Time.tsx";
import { Section, sectionStyles as styles } from "./Sections.tsx";

const time = (ms: bigint | undefined) => (ms === undefined ? undefined : Number(ms));

/** The secret with which GitLab sends its job events, which is shown once. */
export function WebhookSecret({
  project,
  owns,
  setup,
}: {
  project: string;
  owns: boolean;
  setup: GetSetupResponse;
}) {
  const [isDeleting, setDeleting] = useState(false);
  const [isRotating, setRotating] = useState(false);
  const [secret, setSecret] = useState<string>();
  const change = changes(project);
  const make = useMutation({
    mutationFn: change.rotateSecret,
    onSuccess: (answer) => setSecret(answer.secret),
  });
  const { hasWebhookSecret: has, webhookUrl, webhookSecretCreatedAt, webhookLastEventAt } = setup;
  return (
    <Section
      title="Job events of GitLab"
      lead="With them candidates show the state of their jobs as it changes: in GitLab, Settings › Webhooks, trigger “Job events”."
      tools={
        owns ? (
          <>
            {has ? (
              <Button kind="danger" onClick={() => setDeleting(true)}>
                Delete the secret …
              </Button>
            ) : null}
            <Button disabled={make.isPending} onClick={() => (has ? setRotating(true) : make.mutate())}>
              {has ? "New secret …" : "Make a secret"}
            </Button>
          </>
        ) : undefined
      }
    >
      <dl className={styles.facts}>
        <dt>URL</dt>
        <dd>
          {webhookUrl === undefined ? (
            <span className={styles.soft}>The server does not know its public address (--public-url).</span>
          ) : (
            <>
              <code>{webhookUrl}</code>
              <CopyButton text={webhookUrl} label="Copy the URL" />
            </>
          )}
        </dd>
        <dt>Secret</dt>
        <dd>
          {has ? (
            <span>
              Made <Ago time={time(webhookSecretCreatedAt)} />
            </span>
          ) : (
            "None: no events are taken"
          )}
        </dd>
        <dt>Last event</dt>
        <dd>{webhookLastEventAt === undefined ? "Never" : <Ago time={time(webhookLastEventAt)} />}</dd>
      </dl>
      {make.error === null ? null : <FailureLine error={make.error} />}
      {isRotating ? (
        <ConfirmDialog
          title="Make a new secret?"
          action="New secret"
          run={async () => setSecret((await change.rotateSecret()).secret)}
          onClose={() => setRotating(false)}
        >
          <p>The one that GitLab has ends at once: events are refused until it has the new one.</p>
        </ConfirmDialog>
      ) : null}
      {isDeleting ? (
        <ConfirmDialog
          title="Delete the secret?"
          action="Delete secret"
          run={change.deleteSecret}
          onClose={() => setDeleting(false)}
        >
          <p>No job events are taken any more.</p>
        </ConfirmDialog>
      ) : null}
      {secret === undefined ? null : (
        <Dialog title="Secret token for GitLab" onClose={() => setSecret(undefined)}>
          <p>
            Copy it into GitLab’s field “Secret token” now. <strong>It is shown this once.</strong>
          </p>
          <Snippet label="the secret" text={secret} />
          <DialogButtons>
            <Button kind="primary" onClick={() => setSecret(undefined)}>
              I have copied it
            </Button>
          </DialogButtons>
        </Dialog>
      )}
    </Section>
  );
}
