import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { personalTokens } from "../../api/tokens.ts";
import { viewerQuery } from "../../api/viewer.ts";
import { buttonClass } from "../../parts/Button.tsx";
import { FailureNotice, Notice } from "../../parts/Notice.tsx";
import { useTitle } from "../../shell/title.ts";
import { AuditLog } from "../audit/AuditLog.tsx";
import { NotFoundPage } from "../NotFoundPage.tsx";
import { Sections } from "../settings/Sections.tsx";
import { Tokens } from "../tokens/Tokens.tsx";
import { ProjectsSection } from "./ProjectsSection.tsx";
import { UsersSection } from "./UsersSection.tsx";

const sections = [
  { id: "users", text: "Users" },
  { id: "projects", text: "Projects" },
  { id: "audit", text: "Audit log" },
] as const;

/** The whole server, for its administrators. */
export function AdminPage() {
  const { section = "users" } = useParams({ strict: false });
  const { user } = useSearch({ strict: false });
  const navigate = useNavigate();
  const chosen = sections.find(({ id }) => id === section);
  useTitle(chosen?.text, "Administration");
  const { data, error, refetch } = useQuery(viewerQuery);
  if (error !== null && data === undefined) return <FailureNotice error={error} retry={refetch} />;
  if (chosen === undefined) return <NotFoundPage />;
  if (data === undefined) return null;
  if (!data.viewer.isAdministrator)
    return <NotAdministrator isSignedOut={data.viewer.kind === "anonymous"} />;
  return (
    <Sections title="Administration" sections={sections}>
      {chosen.id === "users" && user === undefined ? (
        <UsersSection
          viewer={data.viewer.name}
          onTokens={(username) => navigate({ to: ".", search: { user: username } })}
        />
      ) : null}
      {chosen.id === "users" && user !== undefined ? (
        <Tokens
          title={`Tokens of ${user}`}
          lead={
            <>
              With these the user acts. <Link to="/-/admin/{-$section}">All users</Link>
            </>
          }
          list={personalTokens(user)}
        />
      ) : null}
      {chosen.id === "projects" ? <ProjectsSection /> : null}
      {chosen.id === "audit" ? <AuditLog /> : null}
    </Sections>
  );
}

const NotAdministrator = ({ isSignedOut }: { isSignedOut: boolean }) => (
  <Notice
    icon="lock"
    title={isSignedOut ? "Sign in to see this" : "For administrators of the server alone"}
    actions={
      isSignedOut ? (
        <a className={buttonClass("primary")} href="/-/sign-in?return_to=/-/admin">
          Sign in
        </a>
      ) : undefined
    }
  >
    <p>Administrators make users and projects. Whoever runs the server can make you one.</p>
  </Notice>
);
