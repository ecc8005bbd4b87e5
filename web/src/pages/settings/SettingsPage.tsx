import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { projectTokens } from "../../api/tokens.ts";
import { accessQuery, type ViewerProject } from "../../api/viewer.ts";
import { FailureNotice, Notice } from "../../parts/Notice.tsx";
import { useTitle } from "../../shell/title.ts";
import { AuditLog } from "../audit/AuditLog.tsx";
import { NotFoundPage } from "../NotFoundPage.tsx";
import { Tokens } from "../tokens/Tokens.tsx";
import { CiSection } from "./CiSection.tsx";
import { GeneralSection } from "./GeneralSection.tsx";
import { LimitsSection } from "./LimitsSection.tsx";
import { MembersSection } from "./MembersSection.tsx";
import { Reserved } from "./Reserved.tsx";
import { Sections } from "./Sections.tsx";

const sections = [
  { id: "general", text: "General" },
  { id: "members", text: "Members" },
  { id: "tokens", text: "Tokens" },
  { id: "usage", text: "Usage and limits" },
  { id: "ci", text: "CI" },
  { id: "audit", text: "Audit log" },
] as const;

/** The settings of a project; each section says so where the viewer may not use it. */
export function SettingsPage() {
  const { project = "", section = "general" } = useParams({ strict: false });
  const chosen = sections.find(({ id }) => id === section);
  useTitle(chosen?.text, "Settings", project);
  const { data: access, error, refetch } = useQuery(accessQuery(project));
  if (error !== null && access === undefined) return <FailureNotice error={error} retry={refetch} />;
  if (chosen === undefined) return <NotFoundPage />;
  if (access === null)
    return (
      <Notice icon="search" title="There is nothing here">
        <p>No project has this path, or you may not see it. You may have to sign in.</p>
      </Notice>
    );
  return (
    <Sections title="Settings" sections={sections}>
      {access === undefined ? (
        <p role="status" className="visually-hidden">
          Loading
        </p>
      ) : (
        <Chosen id={chosen.id} project={project} access={access} />
      )}
    </Sections>
  );
}

function Chosen({
  id,
  project,
  access,
}: {
  id: (typeof sections)[number]["id"];
  project: string;
  access: ViewerProject;
}) {
  const { role } = access;
  const forOwners = (what: string) => <Reserved what={what} least="owner" role={role} />;
  switch (id) {
    case "general":
      return <GeneralSection project={project} access={access} />;
    case "members":
      return access.canManageMembers ? <MembersSection project={project} /> : forOwners("Members are");
    case "tokens":
      return access.canManageTokens ? (
        <Tokens
          title="Tokens"
          lead="With a token of the project its jobs and services act, and no person. It ends with the project, not with whoever made it."
          list={projectTokens(project)}
        />
      ) : (
        forOwners("Tokens are")
      );
    case "usage":
      return <LimitsSection project={project} access={access} />;
    case "ci":
      return access.canManageSettings ? (
        <CiSection project={project} owns={access.canManageTokens} />
      ) : (
        <Reserved what="The CI setup is" least="maintainer" role={role} />
      );
    case "audit":
      return access.canReadAudit ? <AuditLog project={project} /> : forOwners("The audit log is");
  }
}
