import { expect, test } from "vitest";
import { gitLabApi } from "../../../src/ci/gitlab-api.ts";
import { RefusedIdToken, verifyIdToken } from "../../../src/ci/id-token.ts";
import { issuerKeys } from "../../../src/ci/issuers.ts";
import { fakeGitLab } from "../../support/gitlab.ts";

/** How seldom other servers are asked, with the times that the server really has. */

const audience = "https://mlflow.example.org";
const discovery = "/.well-known/openid-configuration";
const keys = "/oauth/discovery/keys";

async function setUp() {
  const gitlab = await fakeGitLab(audience);
  const issuers = [gitlab.url];
  const known = { issuers, audience, keysOf: issuerKeys(issuers) };
  return { gitlab, verify: async (header = {}) => verifyIdToken(await gitlab.idToken({}, header), known) };
}

test("tokens with made-up keys make the issuer be asked no more than once in half a minute", async () => {
  const { gitlab, verify } = await setUp();
  for (const kid of ["a", "b", "c", "d"]) await expect(verify({ kid })).rejects.toThrow(RefusedIdToken);
  await verify();
  expect(gitlab.asked).toEqual([discovery, keys]);
});

test("tokens at the same time share a discovery and a fetch of the keys", async () => {
  const { gitlab, verify } = await setUp();
  await Promise.all([verify(), verify(), verify(), verify()]);
  expect(gitlab.asked).toEqual([discovery, keys]);
});

test("an issuer that fails is left alone for a while", async () => {
  const { gitlab, verify } = await setUp();
  gitlab.override = (_request, response) => response.writeHead(500).end();
  for (let i = 0; i < 3; i++) await expect(verify()).rejects.toThrow("could not be read");
  expect(gitlab.asked).toEqual([discovery]);
});

test("GitLab is not asked again about a job that it does not know, nor at all while it fails", async () => {
  const { gitlab } = await setUp();
  const failures: unknown[] = [];
  const api = gitLabApi({ url: gitlab.url, token: gitlab.token }, {}, (error) => failures.push(error));
  for (let i = 0; i < 3; i++) expect(await api.readJob("team/vision", "7")).toBeUndefined();
  expect(gitlab.asked).toEqual(["/api/v4/projects/team%2Fvision/jobs/7"]);
  gitlab.override = (_request, response) => response.writeHead(500).end();
  for (const id of ["8", "9"]) expect(await api.readJob("team/vision", id)).toBeUndefined();
  expect([gitlab.asked.length, failures.length]).toEqual([2, 1]);
});

test("calls for the same job at the same time share a question", async () => {
  const { gitlab } = await setUp();
  gitlab.jobs.set("team/vision/7", { id: 7, name: "train", status: "running" });
  const api = gitLabApi({ url: gitlab.url, token: gitlab.token });
  const answers = await Promise.all([1, 2, 3].map(() => api.readJob("team/vision", "7")));
  expect(answers.map((job) => job?.name)).toEqual(["train", "train", "train"]);
  expect(gitlab.asked.length).toBe(1);
});

test("what is no job's id, or no path of a project, is not asked for", async () => {
  const { gitlab } = await setUp();
  const api = gitLabApi({ url: gitlab.url, token: gitlab.token });
  expect(await api.readJob("team/vision", "7/../8")).toBeUndefined();
  expect(await api.readJob("..", "7")).toBeUndefined();
  expect(gitlab.asked).toEqual([]);
});
