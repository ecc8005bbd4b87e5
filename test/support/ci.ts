import { sql } from "kysely";
import { connectCi } from "../../src/ci/connection.ts";
import type { CiSettings } from "../../src/ci/settings.ts";
import { fakeGitLab, type GitLab } from "./gitlab.ts";
import {
  type RestAnswer,
  type TestProject,
  type TestServer,
  type TestServerOptions,
  testServer,
} from "./server.ts";

export const publicUrl = "https://mlflow.example.org";

export const tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
export const idTokenType = "urn:ietf:params:oauth:token-type:id_token";

export interface CiServer extends TestServer {
  gitlab: GitLab;
  /** A project whose path is `repository`: of its own, if none is given. */
  projectOf(repository: string): Promise<TestProject>;
}

/** A server that asks for tokens, beside a GitLab that it knows as its own. Times of the network are short. */
export async function ciServer(
  settings: Partial<CiSettings> = {},
  options: Pick<TestServerOptions, "log"> = {},
): Promise<CiServer> {
  const gitlab = await fakeGitLab(publicUrl);
  const ci = connectCi(
    {
      publicUrl,
      gitlabUrl: gitlab.url,
      gitlabToken: gitlab.token,
      issuers: ["https://token.actions.githubusercontent.com"],
      tokenLifetime: 3_600_000,
      ...settings,
    },
    { timeout: 1_000, cooldown: 0, pause: 0, absent: 0 },
  );
  const server = await testServer({ open: false, ci, ...options });
  return {
    ...server,
    gitlab,
    async projectOf(repository) {
      const project = await server.project();
      await sql`update projects set path = ${repository} where project_id = ${project.id}`.execute(server.db);
      return project;
    },
  };
}

export interface ExchangeAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there.
  body: any;
}

/** One exchange as a form, at the tracking URI or the server's address. */
export async function exchange(
  address: string,
  subjectToken: string,
  more: Record<string, string> = {},
): Promise<ExchangeAnswer> {
  const response = await fetch(`${address}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: tokenExchange,
      subject_token: subjectToken,
      subject_token_type: idTokenType,
      ...more,
    }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Sends a job event. */
export async function sendEvent(
  address: string,
  secret: string | undefined,
  event: unknown,
  headers: Record<string, string> = {},
): Promise<Pick<RestAnswer, "status" | "body">> {
  const response = await fetch(`${address}/api/1.0/loggia/ci/gitlab-webhook`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-gitlab-event": "Job Hook",
      ...(secret !== undefined && { "x-gitlab-token": secret }),
      ...headers,
    },
    body: typeof event === "string" ? event : JSON.stringify(event),
  });
  return { status: response.status, body: await response.json() };
}
