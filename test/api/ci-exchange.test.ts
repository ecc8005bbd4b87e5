import { hash } from "node:crypto";
import { inspect } from "node:util";
import { generateKeyPair, UnsecuredJWT } from "jose";
import { expect, test } from "vitest";
import { CiService } from "../../gen/loggia/v1/ci_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { ciServer, exchange, idTokenType, publicUrl, tokenExchange } from "../support/ci.ts";
import { fakeGitLab } from "../support/gitlab.ts";

const server = await ciServer();
const { gitlab } = server;

let projects = 0;
/** A project and the id-tokens of jobs of the GitLab project with its path. */
const paired = async () => {
  const path = `team/vision-${++projects}`;
  const project = await server.projectOf(path);
  return { project, path, idToken: (claims = {}) => gitlab.idToken({ project_path: path, ...claims }) };
};
const now = () => Math.floor(Date.now() / 1000);

test("a path in GitLab is the same path whatever its case", async () => {
  const { path, idToken } = await paired();
  const { status, body } = await exchange(server.url, await idToken({ project_path: path.toUpperCase() }));
  expect([status, body.project]).toEqual([200, path]);
});

test("a job of the GitLab project with the same path gets a developer's token for an hour", async () => {
  const { project, path, idToken } = await paired();
  const { status, body, headers } = await exchange(server.url, await idToken());
  expect([status, body.error_description]).toEqual([200, undefined]);
  expect(body).toEqual({
    access_token: expect.stringMatching(/^glmc_[0-9A-Za-z]{38}$/),
    issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
    token_type: "Bearer",
    expires_in: 3600,
    scope: "api",
    role: "developer",
    project: path,
    project_id: Number(project.id),
  });
  expect(headers.get("cache-control")).toBe("no-store");
  const created = await project.rest(
    "POST",
    "runs/create",
    { experiment_id: "0" },
    { token: body.access_token },
  );
  expect(created.status).toBe(200);
  const other = await server.project();
  const elsewhere = await other.rest(
    "POST",
    "runs/create",
    { experiment_id: "0" },
    { token: body.access_token },
  );
  expect(elsewhere.status).toBe(404);
});

test("the token is kept as a hash, expires within the hour, and its claims have no e-mail address", async () => {
  const { project, idToken } = await paired();
  const { body } = await exchange(project.uri, await idToken());
  const row = await server.db
    .selectFrom("tokens")
    .selectAll()
    .where("project_id", "=", project.id)
    .executeTakeFirstOrThrow();
  expect(row.hash).toEqual(hash("sha256", body.access_token, "buffer"));
  expect(inspect({ ...row, hash: undefined })).not.toContain(body.access_token.slice(5, 20));
  expect(row.claims).toMatchObject({
    job_id: "302",
    pipeline_id: "574",
    ref_protected: "true",
    iss: gitlab.url,
  });
  expect(JSON.stringify(row.claims)).not.toContain("@example.com");
  const life = (row.expires_at?.getTime() ?? 0) - row.created_at.getTime();
  expect(life).toBeGreaterThan(3_590_000);
  expect(life).toBeLessThanOrEqual(3_600_000);
});

test("the exchange takes JSON as well, and the address or a parameter names the project", async () => {
  const { project, path, idToken } = await paired();
  const post = async (address: string, parameters: object) => {
    const response = await fetch(`${address}/oauth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ grant_type: tokenExchange, subject_token_type: idTokenType, ...parameters }),
    });
    return { status: response.status, body: (await response.json()) as { project: string } };
  };
  const byPath = `${server.url}/api/v4/projects/${encodeURIComponent(path)}/ml/mlflow`;
  for (const [address, more] of [
    [byPath, {}],
    [project.uri, {}],
    [server.url, { project: path }],
    [server.url, { project: String(project.id) }],
  ] as const) {
    const answer = await post(address, { subject_token: await idToken(), ...more });
    expect([answer.status, answer.body.project]).toEqual([200, path]);
  }
});

test("a token with narrower scopes has only those", async () => {
  const { project, idToken } = await paired();
  const { body } = await exchange(server.url, await idToken(), { scope: "read_api" });
  expect(body.scope).toBe("read_api");
  const write = await project.rest(
    "POST",
    "runs/create",
    { experiment_id: "0" },
    { token: body.access_token },
  );
  expect(write.status).toBe(403);
  const wrong = await exchange(server.url, await idToken(), { scope: "everything" });
  expect([wrong.status, wrong.body.error]).toEqual([400, "invalid_request"]);
});

test.each([
  ["for another audience", () => ({ aud: "https://vault.example.org" }), "audience"],
  ["for two audiences", () => ({ aud: [publicUrl, "https://vault.example.org"] }), "more than one audience"],
  ["for no audience", () => ({ aud: undefined }), "'aud'"],
  ["expired two minutes ago", () => ({ exp: now() - 120 }), "expired"],
  ["not valid for two minutes yet", () => ({ nbf: now() + 120 }), "not valid yet"],
  ["made in the future", () => ({ iat: now() + 120 }), "future"],
  ["without the time it was made", () => ({ iat: undefined }), "'iat'"],
  ["that never expires", () => ({ exp: undefined }), "'exp'"],
  ["valid for a year", () => ({ exp: now() + 365 * 86_400 }), "too long"],
  ["without an id", () => ({ jti: undefined }), "'jti'"],
  ["with an id that is no text", () => ({ jti: 7 as unknown as string }), "jti"],
])("an id-token %s is refused", async (_, claims, reason) => {
  const { idToken } = await paired();
  const { status, body } = await exchange(server.url, await idToken(claims()));
  expect([status, body.error, body.error_code]).toEqual([400, "invalid_request", "CUSTOMER_UNAUTHORIZED"]);
  expect(body.error_description).toContain(reason);
  expect(body.message).toBe(body.error_description);
});

test("clocks may differ by less than a minute", async () => {
  const { idToken } = await paired();
  for (const claims of [{ exp: now() - 45 }, { nbf: now() + 45 }, { iat: now() + 45 }])
    expect((await exchange(server.url, await idToken(claims))).status).toBe(200);
});

test("an id-token is exchanged once, whatever replica and project it is shown to", async () => {
  const { project, idToken } = await paired();
  const replica = await server.replica();
  const token = await idToken();
  const answers = await Promise.all([
    exchange(server.url, token),
    exchange(replica, token),
    exchange(project.uri, token),
    exchange(`${replica}/api/v4/projects/${project.id}/ml/mlflow`, token),
  ]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
  expect(answers.find(({ status }) => status === 400)?.body.error_description).toContain("used before");
  const tokens = await server.db
    .selectFrom("tokens")
    .selectAll()
    .where("project_id", "=", project.id)
    .execute();
  expect(tokens.length).toBe(1);
});

test("a project takes no job of another project, and answers as one that is not there", async () => {
  const { project, idToken } = await paired();
  const foreign = await exchange(project.uri, await idToken({ project_path: "team/evil" }));
  expect([foreign.status, foreign.body.error]).toEqual([400, "invalid_target"]);
  const absent = await exchange(server.url, await idToken({ project_path: "team/evil" }));
  expect([absent.status, absent.body.error]).toEqual([400, "invalid_target"]);
  const text = (answer: typeof foreign) => answer.body.message.replace(/'[^']*'/, "");
  expect(text(foreign)).toBe(text(absent));
  const { rows } = await findAudit(project.id);
  expect(rows).toEqual([{ action: "token.exchange", result: "not trusted", actor: "job 302 of team/evil" }]);
});

async function findAudit(project: bigint) {
  const rows = await server.db
    .selectFrom("audit_events")
    .select(["action", "result", "actor"])
    .where("project_id", "=", project)
    .execute();
  return { rows };
}

test("while a project trusts protected refs alone, a job on another ref gets nothing", async () => {
  const { project, path, idToken } = await paired();
  const owner = await project.token({ role: "owner" });
  await project.client(CiService, "connect", owner).createTrust({
    issuer: gitlab.url,
    conditions: [
      { claim: "project_path", patterns: [path] },
      { claim: "ref_protected", patterns: ["true"] },
    ],
    role: "maintainer",
  });
  const unprotected = await exchange(project.uri, await idToken({ ref: "feature", ref_protected: "false" }));
  expect([unprotected.status, unprotected.body.error]).toEqual([400, "invalid_target"]);
  const protectedRef = await exchange(project.uri, await idToken());
  expect([protectedRef.status, protectedRef.body.role]).toEqual([200, "maintainer"]);
});

test("of several trusts that match, the one with the greatest role counts", async () => {
  const { project, path, idToken } = await paired();
  const client = project.client(CiService, "connect", await project.token({ role: "owner" }));
  const conditions = [{ claim: "project_path", patterns: [path] }];
  await client.createTrust({ issuer: gitlab.url, conditions, role: "reporter" });
  await client.createTrust({
    issuer: gitlab.url,
    conditions: [...conditions, { claim: "ref", patterns: ["main", "release/*"] }],
    role: "developer",
  });
  const roleOn = async (ref: string) => (await exchange(project.uri, await idToken({ ref }))).body.role;
  expect([await roleOn("main"), await roleOn("release/1"), await roleOn("feature")]).toEqual([
    "developer",
    "developer",
    "reporter",
  ]);
});

test("tokens that no trusted issuer signed are refused, ten from an address in a minute, then unheard", async () => {
  const own = await ciServer();
  await own.projectOf("team/vision");
  const evil = await fakeGitLab(publicUrl);
  const claims = { iss: own.gitlab.url };
  const { privateKey } = await generateKeyPair("RS256");
  const good = await own.gitlab.idToken();
  const [head = "", body = "", signature = ""] = good.split(".");
  const other = body.slice(0, -2) + (body.endsWith("AA") ? "AB" : "AA");
  const forged: [string, string][] = [
    ["of an issuer that nobody named", await evil.idToken()],
    ["that names the right issuer and is signed by another", await evil.idToken(claims)],
    ["with a known kid and another key", await own.gitlab.idToken({}, { key: privateKey })],
    ["with a kid that the issuer does not have", await own.gitlab.idToken({}, { kid: "unknown" })],
    [
      "signed with the public key as a secret",
      await own.gitlab.idToken(
        {},
        { alg: "HS256", key: new TextEncoder().encode(await own.gitlab.publicKey()) },
      ),
    ],
    ["that is not signed", new UnsecuredJWT({ iss: own.gitlab.url, aud: publicUrl, jti: "1" }).encode()],
    ["without its signature", `${head}.${body}.`],
    ["with other claims than were signed", `${head}.${other}.${signature}`],
    ["that is no JWT", "abc"],
    ["that is far too long", `${good}${"a".repeat(20_000)}`],
  ];
  for (const [what, token] of forged) {
    const { status, body } = await exchange(own.url, token);
    expect([what, status, body.error]).toEqual([what, 400, "invalid_request"]);
  }
  const unheard = await exchange(own.url, await own.gitlab.idToken());
  expect([unheard.status, unheard.body.error_code]).toEqual([429, "REQUEST_LIMIT_EXCEEDED"]);
  expect(Number(unheard.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(evil.asked).toEqual([]);
});

test("the keys are discovered once, and again only for a key that is new", async () => {
  const own = await ciServer();
  await own.projectOf("team/vision");
  for (let i = 0; i < 3; i++) expect((await exchange(own.url, await own.gitlab.idToken())).status).toBe(200);
  expect(own.gitlab.asked).toEqual(["/.well-known/openid-configuration", "/oauth/discovery/keys"]);
  await own.gitlab.rotateKey();
  expect((await exchange(own.url, await own.gitlab.idToken())).status).toBe(200);
  expect(own.gitlab.asked.slice(2)).toEqual(["/oauth/discovery/keys"]);
});

test("the log tells why an issuer could not be asked, which no caller learns", async () => {
  const lines: { msg?: string; level?: number; err?: { message: string } }[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const own = await ciServer({}, { log: { level: "info", stream } });
  await own.projectOf("team/vision");
  own.gitlab.override = (_request, response) => response.writeHead(418).end();
  const { body } = await exchange(own.url, await own.gitlab.idToken());
  expect(body.error).toBe("temporarily_unavailable");
  expect(JSON.stringify(body)).not.toContain("418");
  const refused = lines.find(({ msg }) => msg === "id-token refused");
  expect([refused?.level, refused?.err?.message]).toEqual([
    40,
    expect.stringMatching(/openid-configuration answered with status 418/),
  ]);
});

test("an issuer that does not answer well is an outage, and one that recovers is asked again", async () => {
  const own = await ciServer();
  await own.projectOf("team/vision");
  const evil = await fakeGitLab(publicUrl);
  const outage = async () => {
    const { status, body } = await exchange(own.url, await own.gitlab.idToken());
    expect([status, body.error, body.error_code]).toEqual([
      503,
      "temporarily_unavailable",
      "TEMPORARILY_UNAVAILABLE",
    ]);
  };
  own.gitlab.override = (_request, response) =>
    response.writeHead(302, { location: `${evil.url}/.well-known/openid-configuration` }).end();
  await outage();
  own.gitlab.override = (_request, response) => response.writeHead(500).end();
  await outage();
  own.gitlab.override = (_request, response) => response.writeHead(200).write("{"); // and no more of it
  await outage();
  own.gitlab.override = (_request, response) => response.writeHead(200).end(`"${"x".repeat(300_000)}"`);
  await outage();
  own.gitlab.override = undefined;
  own.gitlab.discovery = { issuer: evil.url };
  await outage();
  own.gitlab.discovery = { jwks_uri: `${evil.url}/oauth/discovery/keys` };
  await outage();
  expect(evil.asked).toEqual([]);
  own.gitlab.discovery = {};
  expect((await exchange(own.url, await own.gitlab.idToken())).status).toBe(200);
});

test.each([
  [{ grant_type: "client_credentials" }, "unsupported_grant_type", "grant_type"],
  [{ grant_type: "" }, "invalid_request", "grant_type"],
  [{ subject_token: "" }, "invalid_request", "subject_token"],
  [{ subject_token_type: "urn:ietf:params:oauth:token-type:saml2" }, "invalid_request", "subject_token_type"],
  [
    { requested_token_type: "urn:ietf:params:oauth:token-type:jwt" },
    "invalid_request",
    "requested_token_type",
  ],
])("a request with %j is refused with OAuth's name for it", async (more, error, parameter) => {
  const { status, body } = await exchange(server.url, "x", more);
  expect([status, body.error]).toEqual([400, error]);
  expect(body.error_description).toContain(`'${parameter}'`);
});

test("a parameter that is given twice is refused", async () => {
  const response = await fetch(`${server.url}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams([
      ["grant_type", tokenExchange],
      ["grant_type", tokenExchange],
    ]),
  });
  expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([
    400,
    "invalid_request",
  ]);
});

test("a server that does not know its public address takes no id-token", async () => {
  const own = await ciServer({ publicUrl: undefined });
  const { status, body } = await exchange(own.url, await own.gitlab.idToken());
  expect([status, body.error]).toEqual([400, "invalid_request"]);
  expect(body.error_description).toContain("public-url");
});

test("a workflow of a GitHub repository gets a token of the project that trusts it", async () => {
  const github = await fakeGitLab(publicUrl);
  const own = await ciServer({ issuers: [github.url] });
  const project = await own.projectOf("team/vision");
  const runClaims = {
    ...Object.fromEntries(gitLabClaimNames.map((name) => [name, undefined])),
    sub: "repo:octo/vision:ref:refs/heads/main",
    repository: "octo/vision",
    repository_id: "74",
    repository_owner: "octo",
    run_id: "8123456789",
    run_attempt: "2",
    workflow: "train",
    event_name: "pull_request",
    ref: "refs/pull/12/merge",
    head_ref: "longer",
    actor: "octocat",
    sha: "714a629c0b401fdce83e847fc9589983fc6f46bc",
  };
  const idToken = () => github.idToken(runClaims);
  const address = `${own.url}/api/v4/projects/team%2Fvision/ml/mlflow`;
  expect((await exchange(address, await idToken())).body.error).toBe("invalid_target");
  const owner = project.client(CiService, "connect", await project.token({ role: "owner" }));
  const conditions = [{ claim: "repository", patterns: ["octo/*"] }];
  await owner.createTrust({ issuer: github.url, conditions });
  const { status, body } = await exchange(address, await idToken());
  expect([status, body.project, body.role]).toEqual([200, "team/vision", "developer"]);
  const { run } = await project
    .client(MlflowService, "connect", body.access_token)
    .createRun({ experimentId: "0" });
  const { job } = await owner.getJob({ runId: run?.info?.runId ?? "" });
  expect(job).toMatchObject({
    provider: "github",
    verified: true,
    jobId: "8123456789",
    name: "train",
    url: `${github.url}/octo/vision/actions/runs/8123456789/attempts/2`,
    ref: "longer",
    mergeRequest: "12",
    mergeRequestUrl: `${github.url}/octo/vision/pull/12`,
    triggeredBy: "octocat",
    commitUrl: `${github.url}/octo/vision/commit/714a629c0b401fdce83e847fc9589983fc6f46bc`,
  });
});

const gitLabClaimNames = [
  "project_path",
  "project_id",
  "namespace_path",
  "namespace_id",
  "job_id",
  "pipeline_id",
];
