import { useQuery } from "@tanstack/react-query";
import { personalTokens } from "../../api/tokens.ts";
import { leave, type Viewer, viewerQuery } from "../../api/viewer.ts";
import { exactTime } from "../../format/time.ts";
import { Button, buttonClass } from "../../parts/Button.tsx";
import { FailureNotice, Notice } from "../../parts/Notice.tsx";
import { useTitle } from "../../shell/title.ts";
import page from "../page.module.css";
import { Section, sectionStyles as styles } from "../settings/Sections.tsx";
import { Tokens } from "../tokens/Tokens.tsx";
import own from "./ProfilePage.module.css";

/** Who the viewer is, and the tokens with which they act. */
export function ProfilePage() {
  useTitle("Profile");
  const { data, error, refetch } = useQuery(viewerQuery);
  if (error !== null && data === undefined) return <FailureNotice error={error} retry={refetch} />;
  if (data === undefined) return null;
  const { viewer } = data;
  if (viewer.kind === "anonymous")
    return (
      <Notice
        icon="lock"
        title="Sign in to see this"
        actions={
          <a className={buttonClass("primary")} href="/-/sign-in?return_to=/-/profile">
            Sign in
          </a>
        }
      />
    );
  if (viewer.kind === "local")
    return (
      <Notice icon="user" title="Nobody signs in here">
        <p>This server asks for no token: everyone who reaches it may do everything.</p>
      </Notice>
    );
  return (
    <div className={`${page.page} ${own.page}`}>
      <div className={page.head}>
        <h1>{viewer.name}</h1>
        <Button onClick={leave}>Sign out</Button>
      </div>
      <Facts viewer={viewer} />
      {viewer.isUser ? (
        <Tokens
          title="Personal tokens"
          lead="With these your notebooks and scripts act as you. One per place makes it easy to end one."
          list={personalTokens()}
        />
      ) : (
        <Notice icon="lock" title="No personal tokens">
          <p>You are signed in with a token of a project, which is nobody’s.</p>
        </Notice>
      )}
    </div>
  );
}

const Facts = ({ viewer }: { viewer: Viewer }) => (
  <Section title="This session">
    <dl className={styles.facts}>
      <dt>Signed in as</dt>
      <dd>
        {viewer.name}
        {viewer.isAdministrator ? <span className={styles.mark}>Administrator</span> : null}
      </dd>
      <dt>May use</dt>
      <dd>
        <code>{viewer.scopes.join(", ")}</code>
      </dd>
      <dt>Ends</dt>
      <dd>
        {viewer.expiresAt === undefined ? "When its token is revoked" : exactTime(Number(viewer.expiresAt))}
      </dd>
    </dl>
  </Section>
);
