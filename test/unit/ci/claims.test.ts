import { expect, test } from "vitest";
import { factsOf, jobOf, keptClaims } from "../../../src/ci/claims.ts";

const github = { repository: "octo/vision", run_id: "8", ref: "refs/heads/main", actor: "octocat" };

test.each([
  ["https://token.actions.githubusercontent.com", "https://github.com"],
  ["https://token.actions.octo.ghe.com", "https://octo.ghe.com"],
  ["https://github.example.org/_services/token", "https://github.example.org"],
])("a workflow with a token of %s is at %s", (iss, source) => {
  expect(jobOf({ ...github, iss })).toEqual({ source, jobId: "8" });
  expect(factsOf({ ...github, iss })).toMatchObject({
    url: `${source}/octo/vision/actions/runs/8`,
    ref: "main",
    username: "octocat",
  });
});

test("a GitLab below a path keeps it in the addresses of its jobs", () => {
  const claims = { iss: "https://example.org/gitlab", project_path: "team/vision", job_id: "7" };
  expect(factsOf(claims)?.url).toBe("https://example.org/gitlab/team/vision/-/jobs/7");
});

test.each([
  [{}],
  [{ iss: "https://gitlab.example.org" }],
  [{ iss: "https://gitlab.example.org", job_id: "x" }],
  [{ iss: "https://gitlab.example.org", run_id: "7" }],
  [{ job_id: "7" }],
])("%j name no job", (claims) => expect(jobOf(claims)).toBeUndefined());

test("claims are kept without what is long, secret or personal, ids as text", () => {
  expect(
    keptClaims({
      job_id: 7,
      ref_protected: "true",
      user_email: "a@b.c",
      groups_direct: ["a"],
      ref: "x".repeat(2000),
    }),
  ).toEqual({ job_id: "7", ref_protected: "true", ref: "x".repeat(1000) });
});
