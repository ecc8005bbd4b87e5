import { describe, expect, test } from "vitest";
import { CiService } from "../../gen/loggia/v1/ci_pb.js";
import { ciServer, publicUrl } from "../support/ci.ts";
import { failure, protocols } from "../support/server.ts";

const server = await ciServer();
const { gitlab } = server;
const github = "https://token.actions.githubusercontent.com";
const ofRepository = [{ claim: "repository", patterns: ["team/vision"] }];

describe.each(protocols)("trusts over %s", (protocol) => {
  const setUp = async () => {
    const project = await server.project();
    return { project, client: project.client(CiService, protocol, await project.token({ role: "owner" })) };
  };

  test("are made, listed, changed and deleted", async () => {
    const { client } = await setUp();
    const { trust: made } = await client.createTrust({ issuer: github, conditions: ofRepository });
    expect(made).toMatchObject({
      issuer: github,
      conditions: ofRepository,
      role: "developer",
      createdBy: "token test",
    });
    const trustId = made?.trustId ?? 0n;
    const conditions = [...ofRepository, { claim: "ref", patterns: ["refs/heads/main", "refs/tags/*"] }];
    const { trust: changed } = await client.updateTrust({ trustId, conditions });
    expect(changed).toMatchObject({ trustId, role: "developer", conditions });
    await client.updateTrust({ trustId, role: "reporter" });
    const { trusts } = await client.listTrusts({});
    expect(trusts).toMatchObject([{ trustId, role: "reporter", conditions }]);
    await client.deleteTrust({ trustId });
    expect((await client.listTrusts({})).trusts).toEqual([]);
    expect((await failure(client.deleteTrust({ trustId }))).errorCode).toBe("RESOURCE_DOES_NOT_EXIST");
    expect((await failure(client.updateTrust({ trustId }))).errorCode).toBe("RESOURCE_DOES_NOT_EXIST");
  });

  test("are their project's alone", async () => {
    const { client } = await setUp();
    const { trust } = await client.createTrust({ issuer: github, conditions: ofRepository });
    const other = (await setUp()).client;
    const trustId = trust?.trustId ?? 0n;
    expect((await other.listTrusts({})).trusts).toEqual([]);
    for (const call of [
      () => other.updateTrust({ trustId, role: "guest" }),
      () => other.deleteTrust({ trustId }),
    ])
      expect((await failure(call())).errorCode).toBe("RESOURCE_DOES_NOT_EXIST");
    expect((await client.listTrusts({})).trusts.length).toBe(1);
  });

  test("are given by no token that may not do itself what jobs then may", async () => {
    const { project, client } = await setUp();
    const { trust } = await client.createTrust({ issuer: github, conditions: ofRepository, role: "guest" });
    const token = await project.token({ role: "owner", scopes: ["admin_project"] });
    const settings = project.client(CiService, protocol, token);
    for (const call of [
      () => settings.createTrust({ issuer: github, conditions: ofRepository }),
      () => settings.updateTrust({ trustId: trust?.trustId ?? 0n, role: "developer" }),
    ])
      expect(await failure(call())).toEqual({
        errorCode: "PERMISSION_DENIED",
        message: "Your token may not give the scopes api: it has admin_project.",
      });
    expect((await settings.listTrusts({})).trusts).toMatchObject([{ role: "guest" }]);
  });

  test("are read by maintainers and changed by owners", async () => {
    const { project } = await setUp();
    const as = async (role: "developer" | "maintainer") =>
      project.client(CiService, protocol, await project.token({ role }));
    const maintainer = await as("maintainer");
    expect((await maintainer.listTrusts({})).trusts).toEqual([]);
    expect((await maintainer.getSetup({})).issuers).toContain(github);
    const developer = await as("developer");
    for (const call of [
      () => developer.listTrusts({}),
      () => developer.getSetup({}),
      () => maintainer.createTrust({ issuer: github, conditions: ofRepository }),
      () => maintainer.updateTrust({ trustId: 1n }),
      () => maintainer.deleteTrust({ trustId: 1n }),
      () => maintainer.rotateWebhookSecret({}),
      () => maintainer.deleteWebhookSecret({}),
    ])
      expect((await failure(call())).errorCode).toBe("PERMISSION_DENIED");
  });

  test.each([
    ["no issuer", {}, "issuer"],
    ["an issuer that the server does not know", { issuer: "https://evil.example.org" }, "issuer"],
    ["no conditions", { issuer: github, conditions: [] }, "conditions"],
    [
      "conditions that any repository meets",
      { issuer: github, conditions: [{ claim: "ref", patterns: ["refs/heads/main"] }] },
      "conditions",
    ],
    [
      "a pattern for every repository",
      { issuer: github, conditions: [{ claim: "repository", patterns: ["*"] }] },
      "conditions",
    ],
    [
      "a pattern for repositories that begin alike",
      { issuer: github, conditions: [{ claim: "repository", patterns: ["team*"] }] },
      "conditions",
    ],
    [
      "a claim that is named twice",
      { issuer: github, conditions: [...ofRepository, ...ofRepository] },
      "conditions",
    ],
    [
      "a claim that the server checks",
      { issuer: github, conditions: [...ofRepository, { claim: "aud", patterns: ["x"] }] },
      "conditions",
    ],
    [
      "a claim without patterns",
      { issuer: github, conditions: [{ claim: "repository", patterns: [] }] },
      "conditions",
    ],
    ["the role owner", { issuer: github, conditions: ofRepository, role: "owner" }, "role"],
  ])("with %s are refused", async (_, request, parameter) => {
    const { client } = await setUp();
    const { errorCode, message } = await failure(client.createTrust(request));
    expect([errorCode, message.includes(`'${parameter}'`)]).toEqual(["INVALID_PARAMETER_VALUE", true]);
    expect((await client.listTrusts({})).trusts).toEqual([]);
  });

  test("the setup has what a person needs for .gitlab-ci.yml", async () => {
    const { project, client } = await setUp();
    const address = `${publicUrl}/api/v4/projects/${project.id}/ml/mlflow`;
    expect(await client.getSetup({})).toMatchObject({
      issuers: [gitlab.url, github],
      ownGitlab: gitlab.url,
      audience: publicUrl,
      exchangeUrl: `${address}/oauth/token`,
      webhookUrl: `${address}/api/1.0/loggia/ci/gitlab-webhook`,
      hasWebhookSecret: false,
      tokenLifetime: 3600n,
    });
  });
});

test("what is done to trusts and to the secret of the webhook stands in the audit log, without the secret", async () => {
  const project = await server.project();
  const client = project.client(CiService, "connect", await project.token({ role: "owner" }));
  const { trust } = await client.createTrust({ issuer: github, conditions: ofRepository });
  await client.updateTrust({ trustId: trust?.trustId ?? 0n, role: "guest" });
  await client.deleteTrust({ trustId: trust?.trustId ?? 0n });
  const { secret } = await client.rotateWebhookSecret({});
  await client.deleteWebhookSecret({});
  const events = await server.db
    .selectFrom("audit_events")
    .select(["action", "actor", "result", "object", "details", "address"])
    .where("project_id", "=", project.id)
    .where("action", "like", "ci%")
    .orderBy("event_id")
    .execute();
  expect(events.map(({ action }) => action)).toEqual([
    "ci_trust.create",
    "ci_trust.update",
    "ci_trust.delete",
    "ci_webhook.rotate",
    "ci_webhook.delete",
  ]);
  const trusted = { issuer: github, conditions: '{"repository":["team/vision"]}' };
  expect(events.slice(0, 3).map(({ details }) => details)).toEqual([
    { ...trusted, role: "developer" },
    { ...trusted, role: "guest" },
    { ...trusted, role: "guest" },
  ]);
  for (const { actor, address } of events) expect([actor, address]).toEqual(["token test", "127.0.0.1"]);
  expect(JSON.stringify(events)).not.toContain(secret);
});
