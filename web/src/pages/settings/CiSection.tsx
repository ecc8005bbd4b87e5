import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { changes, setupQuery, type Trust, trustsQuery } from "../../api/ci.ts";
import { Button, IconButton } from "../../parts/Button.tsx";
import { ConfirmDialog } from "../../parts/ConfirmDialog.tsx";
import { CopyButton, Snippet } from "../../parts/Copy.tsx";
import { FailureLine, FailureNotice, Notice } from "../../parts/Notice.tsx";
import { ActionsHead, Cell, Head, Row, Table, tableStyles } from "../../parts/Table.tsx";
import { Ago } from "../../parts/Time.tsx";
import { trackingUri } from "../home/snippets.ts";
import { gitlabJob } from "./ciSnippet.ts";
import { Section, sectionStyles as styles } from "./Sections.tsx";
import { TrustDialog } from "./TrustDialog.tsx";
import { WebhookSecret } from "./WebhookSecret.tsx";

/** How jobs of a CI system log here without a stored secret. @param owns whether the viewer may change it. */
export function CiSection({ project, owns }: { project: string; owns: boolean }) {
  const { data: setup, error, refetch } = useQuery(setupQuery(project));
  if (error !== null && setup === undefined) return <FailureNotice error={error} retry={refetch} />;
  if (setup === undefined) return null;
  const { audience, exchangeUrl, ownGitlab } = setup;
  return (
    <>
      <Section
        title="Jobs without a secret"
        lead="A CI job shows its id-token and gets a token of this project for as long as it runs. Its candidates then show the job, verified."
      >
        {audience === undefined ? (
          <Notice icon="lock" title="The server takes no id-tokens">
            <p>
              Whoever runs it has to start it with <code className={styles.flag}>--public-url</code>, the
              address that jobs ask it by, and <code className={styles.flag}>--gitlab-url</code> or{" "}
              <code className={styles.flag}>--ci-issuers</code>.
            </p>
          </Notice>
        ) : (
          <>
            <dl className={styles.facts}>
              <Fact name="Audience" value={audience} />
              {exchangeUrl === undefined ? null : <Fact name="Exchange" value={exchangeUrl} />}
              <dt>A token lives</dt>
              <dd>at most {Number(setup.tokenLifetime) / 60} minutes</dd>
            </dl>
            <h3 className={styles.snippetTitle}>.gitlab-ci.yml</h3>
            <Snippet label="the GitLab job" text={gitlabJob(audience, trackingUri(project))} />
          </>
        )}
      </Section>
      <Trusts project={project} owns={owns} issuers={setup.issuers} ownGitlab={ownGitlab} />
      <WebhookSecret project={project} owns={owns} setup={setup} />
    </>
  );
}

const Fact = ({ name, value }: { name: string; value: string }) => (
  <>
    <dt>{name}</dt>
    <dd>
      <code>{value}</code>
      <CopyButton text={value} label={`Copy the ${name.toLowerCase()}`} />
    </dd>
  </>
);

function Trusts({
  project,
  owns,
  issuers,
  ownGitlab,
}: {
  project: string;
  owns: boolean;
  issuers: readonly string[];
  ownGitlab: string | undefined;
}) {
  const { data: trusts, error } = useQuery(trustsQuery(project));
  const [open, setOpen] = useState<{ trust?: Trust }>();
  const [deleted, setDeleted] = useState<Trust>();
  const isOwn = ownGitlab !== undefined && trusts?.every(({ issuer }) => issuer !== ownGitlab);
  return (
    <Section
      title="Trusted jobs"
      lead={
        isOwn ? (
          <>
            Jobs of the GitLab project <code>{project}</code> on {ownGitlab} are developers here. A trust for
            that GitLab takes the place of this rule.
          </>
        ) : (
          "Whose jobs may log here, and as what."
        )
      }
      tools={
        owns && issuers.length > 0 ? (
          <Button icon="add" onClick={() => setOpen({})}>
            New trust
          </Button>
        ) : undefined
      }
    >
      {error === null ? null : <FailureLine error={error} />}
      {trusts === undefined || trusts.length === 0 ? null : (
        <Table
          label="Trusts"
          heads={
            <>
              <Head>Issuer</Head>
              <Head>Conditions</Head>
              <Head>Role</Head>
              <Head>Created</Head>
              <ActionsHead />
            </>
          }
        >
          {trusts.map((trust) => (
            <Row key={String(trust.trustId)}>
              <Cell className={styles.who}>{trust.issuer}</Cell>
              <Cell>
                {trust.conditions.map(({ claim, patterns }) => (
                  <div key={claim}>
                    <code>
                      {claim} = {patterns.join(" or ")}
                    </code>
                  </div>
                ))}
              </Cell>
              <Cell>{trust.role}</Cell>
              <Cell data-before="created" className={styles.time} title={`by ${trust.createdBy}`}>
                <Ago time={Number(trust.createdAt)} />
              </Cell>
              <Cell className={tableStyles.last}>
                {owns ? (
                  <>
                    <IconButton icon="edit" label="Edit the trust" onClick={() => setOpen({ trust })} />
                    <IconButton icon="trash" label="Delete the trust" onClick={() => setDeleted(trust)} />
                  </>
                ) : null}
              </Cell>
            </Row>
          ))}
        </Table>
      )}
      {trusts?.length === 0 && !isOwn ? <p className={styles.soft}>No job is trusted yet.</p> : null}
      {open === undefined ? null : (
        <TrustDialog
          project={project}
          issuers={issuers}
          {...(open.trust === undefined ? {} : { trust: open.trust })}
          onClose={() => setOpen(undefined)}
        />
      )}
      {deleted === undefined ? null : (
        <ConfirmDialog
          title="Delete this trust?"
          action="Delete trust"
          run={() => changes(project).deleteTrust(deleted.trustId)}
          onClose={() => setDeleted(undefined)}
        >
          <p>Jobs that it let in get no tokens any more. Those that they have live on until they expire.</p>
        </ConfirmDialog>
      )}
    </Section>
  );
}
