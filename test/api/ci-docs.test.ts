import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { CiService } from "../../gen/loggia/v1/ci_pb.js";
import { ciServer } from "../support/ci.ts";

const text = readFileSync(new URL("../../docs/ci.md", import.meta.url), "utf8");
const server = await ciServer();

/** Runs a script as a CI job would. It must not end by an error. */
const shell = async (script: string, env: Record<string, string>) =>
  (
    await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], {
      env: { PATH: process.env.PATH, ...env },
    })
  ).stdout;

/** The lines of the document from the one with `first` to the one with `last`, as the shell gets them. */
function lines(first: string, last: string): string {
  const all = text.split("\n");
  const from = all.findIndex((line) => line.includes(first));
  const to = all.findIndex((line, i) => i >= from && line.includes(last));
  if (from < 0 || to < 0) throw new Error(`docs/ci.md has no lines from '${first}' to '${last}'`);
  return all.slice(from, to + 1).join("\n");
}

test("the script for .gitlab-ci.yml gets a token that works", async () => {
  const project = await server.projectOf("team/vision");
  const script = lines("MLFLOW_TRACKING_TOKEN=$(curl", "export MLFLOW_TRACKING_TOKEN").replace(
    "python -c",
    "python3 -c",
  );
  const token = await shell(`${script}\nprintf %s "$MLFLOW_TRACKING_TOKEN"`, {
    MLFLOW_TRACKING_URI: `${server.url}/api/v4/projects/team%2Fvision/ml/mlflow`,
    LOGGIA_ID_TOKEN: await server.gitlab.idToken(),
  });
  expect((await project.rest("POST", "runs/create", { experiment_id: "0" }, { token })).status).toBe(200);
});

test("the commands for a trust and for the secret of the webhook work", async () => {
  const project = await server.project();
  const env = {
    api: `${project.uri}/api/1.0/loggia/ci`,
    OWNER_TOKEN: await project.token({ role: "owner" }),
  };
  const trust = lines('curl "$api/create-trust"', `}'`).replace(
    "https://gitlab.example.org",
    server.gitlab.url,
  );
  expect(JSON.parse(await shell(trust, env)).trust.role).toBe("developer");
  const { secret } = JSON.parse(await shell(lines('"$api/rotate-webhook-secret"', "-d '{}'"), env));
  expect(secret).toMatch(/^glmw_\d+_/);
  const { trusts } = await project.client(CiService, "connect", env.OWNER_TOKEN).listTrusts({});
  expect(trusts.map(({ conditions }) => conditions.map(({ claim }) => claim))).toEqual([
    ["project_id", "ref_protected"],
  ]);
});
