import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll } from "vitest";

/** A server with what Loggia uses of GitLab: the discovery document, the key set, and the jobs API. */
export interface GitLab {
  /** Also the `iss` of its id-tokens. */
  url: string;
  /** Paths that were asked for, in order. */
  asked: string[];
  /** What its API takes as PRIVATE-TOKEN. */
  token: string;
  /** The jobs that its API knows, as `<project path>/<job id>`. */
  jobs: Map<string, object>;
  /** Answers instead of the usual for as long as it is set. */
  override: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** What the discovery document says beside or in place of the usual. */
  discovery: Record<string, unknown>;
  /** Puts a new key in place of the one that tokens are signed with. */
  rotateKey(): Promise<void>;
  /** An id-token as GitLab makes them. A claim that is undefined is left out. */
  idToken(
    claims?: JWTPayload,
    header?: { kid?: string; alg?: string; key?: CryptoKey | Uint8Array },
  ): Promise<string>;
  /** The public key, as the text that an attacker has. */
  publicKey(): Promise<string>;
  close(): Promise<void>;
}

/** @param audience the `aud` of tokens unless told otherwise. */
export async function fakeGitLab(audience: string): Promise<GitLab> {
  const token = `glpat-${randomUUID()}`;
  const jobs = new Map<string, object>();
  const asked: string[] = [];
  const makeKey = async () => ({
    kid: randomUUID(),
    ...(await generateKeyPair("RS256", { extractable: true })),
  });
  let key = await makeKey();

  const send = (response: ServerResponse, status: number, body: unknown) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    if (gitlab.override !== undefined) return gitlab.override(request, response);
    if (path === "/.well-known/openid-configuration")
      return send(response, 200, {
        issuer: gitlab.url,
        jwks_uri: `${gitlab.url}/oauth/discovery/keys`,
        ...gitlab.discovery,
      });
    if (path === "/oauth/discovery/keys")
      return send(response, 200, {
        keys: [{ ...(await exportJWK(key.publicKey)), kid: key.kid, use: "sig", alg: "RS256" }],
      });
    const [, project = "", id] = /^\/api\/v4\/projects\/([^/]+)\/jobs\/(\d+)$/.exec(path) ?? [];
    if (request.headers["private-token"] !== token)
      return send(response, 401, { message: "401 Unauthorized" });
    const job = jobs.get(`${decodeURIComponent(project)}/${id}`);
    return job === undefined ? send(response, 404, { message: "404 Not Found" }) : send(response, 200, job);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const gitlab: GitLab = {
    url: `http://127.0.0.1:${port}`,
    asked,
    token,
    jobs,
    override: undefined,
    discovery: {},
    async rotateKey() {
      key = await makeKey();
    },
    async idToken(claims = {}, { kid = key.kid, alg = "RS256", key: signing = key.privateKey } = {}) {
      const now = Math.floor(Date.now() / 1000);
      const payload: JWTPayload = {
        ...gitLabClaims(),
        aud: audience,
        iss: gitlab.url,
        ...lifeFrom(now),
        ...claims,
      };
      return new SignJWT(
        Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined)),
      )
        .setProtectedHeader({ alg, kid, typ: "JWT" })
        .sign(signing);
    },
    async publicKey() {
      return exportSPKI(key.publicKey);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  afterAll(() => gitlab.close());
  return gitlab;
}

/** As GitLab: valid from five seconds ago, for an hour. */
const lifeFrom = (now: number) => ({ iat: now, nbf: now - 5, exp: now + 3600, jti: randomUUID() });

/** The claims of a job of `team/vision` (docs.gitlab.com, "ID token authentication"). */
const gitLabClaims = () => ({
  sub: "project_path:team/vision:ref_type:branch:ref:main",
  namespace_id: "72",
  namespace_path: "team",
  project_id: "20",
  project_path: "team/vision",
  user_id: "1",
  user_login: "sample-user",
  user_email: "sample-user@example.com",
  pipeline_id: "574",
  pipeline_source: "push",
  job_id: "302",
  ref: "main",
  ref_type: "branch",
  ref_path: "refs/heads/main",
  ref_protected: "true",
  runner_id: 1,
  runner_environment: "self-hosted",
  sha: "714a629c0b401fdce83e847fc9589983fc6f46bc",
  project_visibility: "private",
  ci_config_ref_uri: "gitlab.example.com/team/vision//.gitlab-ci.yml@refs/heads/main",
});

/** A job event, in the shape of GitLab's lib/gitlab/data_builder/build.rb. */
export const jobEvent = (url: string, changes: Record<string, unknown> = {}) => ({
  object_kind: "build",
  ref: "main",
  tag: false,
  before_sha: "0000000000000000000000000000000000000000",
  sha: "714a629c0b401fdce83e847fc9589983fc6f46bc",
  retries_count: 0,
  build_id: 302,
  build_name: "train",
  build_stage: "test",
  build_status: "running",
  build_created_at: "2024-06-11 03:02:25 UTC",
  build_started_at: "2024-06-11 03:13:06 UTC",
  build_finished_at: null,
  build_duration: null,
  build_queued_duration: 0.537157,
  build_allow_failure: false,
  build_failure_reason: "unknown_failure",
  pipeline_id: 574,
  runner: {
    id: 205,
    description: "Runner 4",
    runner_type: "group_type",
    active: true,
    is_shared: false,
    tags: [],
  },
  project_id: 20,
  project_name: "Team / Vision",
  user: { id: 1, name: "Sample User", username: "sample-user", avatar_url: null, email: "[REDACTED]" },
  commit: {
    id: 574,
    name: null,
    sha: "714a629c0b401fdce83e847fc9589983fc6f46bc",
    message: "Train longer\n\nSee the notes.\n",
    author_name: "Sample User",
    author_email: "[REDACTED]",
    author_url: `${url}/sample-user`,
    status: "running",
    duration: null,
    started_at: "2024-06-11 03:02:27 UTC",
    finished_at: null,
  },
  repository: {
    name: "Vision",
    url: "git@x:team/vision.git",
    homepage: `${url}/team/vision`,
    visibility_level: 0,
  },
  project: { id: 20, name: "Vision", web_url: `${url}/team/vision`, path_with_namespace: "team/vision" },
  environment: null,
  ...changes,
});
