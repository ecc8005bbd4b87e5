import { expect } from "vitest";
import { AuditService } from "../../../../gen/loggia/v1/audit_pb.js";
import { CiService } from "../../../../gen/loggia/v1/ci_pb.js";
import { MemberService, UserService } from "../../../../gen/loggia/v1/members_pb.js";
import { ProjectService } from "../../../../gen/loggia/v1/projects_pb.js";
import { PurgeService } from "../../../../gen/loggia/v1/purge_pb.js";
import { TokenService } from "../../../../gen/loggia/v1/tokens_pb.js";
import { type Call, call, stream } from "./call.ts";

/** An id that nothing has. */
const none = 2n ** 62n;

/** Projects, people, tokens, CI and purges, by an administrator who owns the project. */
export const administrationCalls: Call[] = [
  call(
    ProjectService.method.createProject,
    ({ projectPath }) => ({ path: projectPath }),
    ({ project }, { projectPath }) => expect(project).toMatchObject({ path: projectPath, role: "owner" }),
  ),
  call(
    ProjectService.method.createProject,
    ({ projectPath }) => ({ path: projectPath }),
    "RESOURCE_ALREADY_EXISTS",
  ),
  call(
    ProjectService.method.updateProject,
    () => ({ description: "of interop" }),
    ({ project }) => expect(project?.description).toBe("of interop"),
  ),
  call(
    ProjectService.method.getProject,
    () => ({}),
    ({ project }, learned) => expect(project?.projectId).toBe(learned.project),
  ),
  call(
    ProjectService.method.listProjects,
    () => ({ maxResults: 1000 }),
    ({ projects }, { projectPath }) => expect(projects.map(({ path }) => path)).toContain(projectPath),
  ),
  call(
    ProjectService.method.archiveProject,
    () => ({}),
    ({ project }) => expect(project?.archivedAt).toBeGreaterThan(0n),
  ),
  call(
    ProjectService.method.unarchiveProject,
    () => ({}),
    ({ project }) => expect(project?.archivedAt).toBeUndefined(),
  ),
  call(ProjectService.method.deleteProject, () => ({ path: "not/this one" }), "INVALID_PARAMETER_VALUE"),

  call(
    UserService.method.createUser,
    ({ username }) => ({ username, name: "Ada" }),
    ({ user }, { username }) => expect(user).toMatchObject({ username, name: "Ada" }),
  ),
  call(
    UserService.method.updateUser,
    ({ username }) => ({ username, name: "Ada L." }),
    ({ user }) => expect(user?.name).toBe("Ada L."),
  ),
  call(
    UserService.method.blockUser,
    ({ username }) => ({ username }),
    ({ user }, { username }) => expect(user?.username).toBe(username),
  ),
  call(
    UserService.method.unblockUser,
    ({ username }) => ({ username }),
    ({ user }, { username }) => expect(user?.username).toBe(username),
  ),
  call(
    UserService.method.listUsers,
    () => ({ maxResults: 1000 }),
    ({ users }, { username }) => expect(users.map((user) => user.username)).toContain(username),
  ),
  call(
    MemberService.method.setMember,
    ({ username }) => ({ username, role: "reporter" }),
    ({ member }, { username }) => expect(member).toMatchObject({ username, role: "reporter" }),
  ),
  call(
    MemberService.method.listMembers,
    () => ({}),
    ({ members }, { username }) => expect(members).toContainEqual(expect.objectContaining({ username })),
  ),
  call(
    MemberService.method.removeMember,
    ({ username }) => ({ username }),
    () => {},
  ),
  call(MemberService.method.removeMember, ({ username }) => ({ username }), "RESOURCE_DOES_NOT_EXIST"),

  call(
    TokenService.method.getCurrentToken,
    () => ({}),
    ({ isAdmin, token }) => expect([isAdmin, token?.kind]).toEqual([true, "personal"]),
  ),
  call(
    TokenService.method.createToken,
    () => ({ name: "ci", role: "developer", scopes: ["api"], neverExpires: true }),
    ({ token, secret }, learned) => {
      expect(secret).not.toBe("");
      learned.token = token?.tokenId ?? 0n;
    },
  ),
  call(
    TokenService.method.rotateToken,
    ({ token }) => ({ tokenId: token }),
    ({ token }, learned) => {
      learned.token = token?.tokenId ?? 0n;
    },
  ),
  call(
    TokenService.method.listTokens,
    () => ({}),
    ({ tokens }, { token }) => expect(tokens).toMatchObject([{ tokenId: token, name: "ci" }]),
  ),
  call(
    TokenService.method.revokeToken,
    ({ token }) => ({ tokenId: token }),
    () => {},
  ),
  call(TokenService.method.revokeToken, () => ({ tokenId: none }), "RESOURCE_DOES_NOT_EXIST"),
  call(
    TokenService.method.createPersonalToken,
    ({ username }) => ({ name: "phone", username, scopes: ["read_api"], neverExpires: true }),
    ({ token }, learned) => {
      expect(token?.name).toBe("phone");
      learned.personalToken = token?.tokenId ?? 0n;
    },
  ),
  call(
    TokenService.method.rotatePersonalToken,
    ({ personalToken }) => ({ tokenId: personalToken }),
    ({ token }, learned) => {
      learned.personalToken = token?.tokenId ?? 0n;
    },
  ),
  call(
    TokenService.method.listPersonalTokens,
    ({ username }) => ({ username }),
    ({ tokens }, { personalToken }) => expect(tokens).toMatchObject([{ tokenId: personalToken }]),
  ),
  call(
    TokenService.method.revokePersonalToken,
    ({ personalToken }) => ({ tokenId: personalToken }),
    () => {},
  ),

  call(
    AuditService.method.listEvents,
    () => ({ maxResults: 1 }),
    ({ events }) => expect(events).toHaveLength(1),
  ),
  stream(
    AuditService.method.exportEvents,
    () => ({}),
    (messages) => expect(messages.flatMap(({ events }) => events).length).toBeGreaterThan(1),
  ),
  call(
    AuditService.method.listServerEvents,
    () => ({ maxResults: 2 }),
    ({ events }) => expect(events).toHaveLength(2),
  ),

  call(
    CiService.method.getSetup,
    () => ({}),
    ({ issuers }) => expect(issuers).toContain("https://token.actions.githubusercontent.com"),
  ),
  call(
    CiService.method.createTrust,
    () => ({
      issuer: "https://token.actions.githubusercontent.com",
      conditions: [{ claim: "repository", patterns: ["team/vision"] }],
    }),
    ({ trust }, learned) => {
      learned.trust = trust?.trustId ?? 0n;
    },
  ),
  call(
    CiService.method.updateTrust,
    ({ trust }) => ({ trustId: trust, role: "reporter" }),
    ({ trust }) => expect(trust?.role).toBe("reporter"),
  ),
  call(
    CiService.method.listTrusts,
    () => ({}),
    ({ trusts }, { trust }) => expect(trusts).toMatchObject([{ trustId: trust }]),
  ),
  call(
    CiService.method.deleteTrust,
    ({ trust }) => ({ trustId: trust }),
    () => {},
  ),
  call(
    CiService.method.rotateWebhookSecret,
    () => ({}),
    ({ secret }) => expect(secret).not.toBe(""),
  ),
  call(
    CiService.method.deleteWebhookSecret,
    () => ({}),
    () => {},
  ),
  call(
    CiService.method.getJob,
    ({ run }) => ({ runId: run }),
    ({ job }) => expect(job).toBeUndefined(),
  ),
  call(
    CiService.method.getRunJobs,
    ({ run }) => ({ runIds: [run] }),
    ({ jobs }) => expect(jobs).toEqual([]),
  ),

  call(
    PurgeService.method.getUsage,
    () => ({}),
    ({ runs }) => expect(runs).toBe(1n),
  ),
  call(PurgeService.method.purgeRuns, ({ run }) => ({ runIds: [run] }), "INVALID_PARAMETER_VALUE"),
  call(
    PurgeService.method.purgeExperiments,
    ({ experiment }) => ({ experimentIds: [experiment] }),
    "INVALID_PARAMETER_VALUE",
  ),
  call(
    PurgeService.method.purgeDeleted,
    () => ({}),
    ({ purged }) => expect(purged?.runs).toBe(0n),
  ),
];
