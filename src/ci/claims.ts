import { type CiJob, type JobFacts, textOf } from "./job.ts";

/** The claims that are kept with a token: those that say which job it is and decide what it may. No e-mail addresses. */
const kept = [
  ..."iss sub jti iat exp".split(" "),
  // GitLab
  ..."namespace_id namespace_path project_id project_path user_id user_login pipeline_id pipeline_source job_id".split(
    " ",
  ),
  ..."ref ref_type ref_path ref_protected environment environment_protected deployment_tier".split(" "),
  ..."runner_id runner_environment sha ci_config_ref_uri ci_config_sha job_project_id job_project_path".split(
    " ",
  ),
  // GitHub
  ..."repository repository_id repository_owner repository_owner_id run_id run_number run_attempt".split(" "),
  ..."workflow workflow_ref job_workflow_ref head_ref base_ref event_name actor actor_id check_run_id".split(
    " ",
  ),
];

const longestClaim = 1_000;

type Claims = Readonly<Record<string, unknown>>;

/** The claims that are worth keeping, ids as text whatever they were. */
export function keptClaims(claims: Claims): Record<string, string | boolean> {
  const result: Record<string, string | boolean> = {};
  for (const name of kept) {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
    const kept = typeof value === "boolean" ? value : textOf(value, longestClaim);
    if (kept !== undefined) result[name] = kept;
  }
  return result;
}

/** The job that the claims of an id-token name; undefined when they are not those of GitLab or GitHub. */
export function jobOf(claims: Claims): CiJob | undefined {
  const { job_id, run_id, repository } = claims;
  const jobId = idOf(job_id) ?? (repository === undefined ? undefined : idOf(run_id));
  const issuer = textOf(claims.iss, longestClaim);
  if (jobId === undefined || issuer === undefined) return undefined;
  return { jobId, source: idOf(job_id) === undefined ? gitHubOf(issuer) : issuer.replace(/\/$/, "") };
}

/** The path of the project or repository that a job belongs to. */
export const repositoryOf = ({ project_path, repository }: Claims): string | undefined =>
  textOf(project_path, longestClaim) ?? textOf(repository, longestClaim);

/** What an id-token tells of its job: not its name, nor its status. */
export function factsOf(claims: Claims): JobFacts | undefined {
  const job = jobOf(claims);
  if (job === undefined) return undefined;
  const repository = repositoryOf(claims);
  const common = {
    ...job,
    repository,
    refType: textOf(claims.ref_type),
    commitSha: textOf(claims.sha),
    environment: textOf(claims.environment),
  };
  if (idOf(claims.job_id) !== undefined)
    return {
      ...common,
      provider: "gitlab",
      url: repository && `${job.source}/${repository}/-/jobs/${job.jobId}`,
      pipelineId: textOf(claims.pipeline_id),
      ref: textOf(claims.ref),
      username: textOf(claims.user_login),
    };
  const attempt = idOf(claims.run_attempt);
  const ref = textOf(claims.ref);
  return {
    ...common,
    provider: "github",
    name: textOf(claims.workflow),
    url: `${job.source}/${repository}/actions/runs/${job.jobId}${attempt === undefined ? "" : `/attempts/${attempt}`}`,
    pipelineId: job.jobId,
    ref: textOf(claims.head_ref) ?? ref?.replace(/^refs\/(?:heads|tags)\//, ""),
    mergeRequest: /^refs\/pull\/(\d{1,20})\//.exec(ref ?? "")?.[1],
    username: textOf(claims.actor),
  };
}

const idOf = (value: unknown): string | undefined => {
  const text = textOf(value, 30);
  return text !== undefined && /^\d{1,20}$/.test(text) ? text : undefined;
};

/** Where the repositories are whose jobs' tokens `issuer` makes: github.com, one on ghe.com, or a server of one's own. */
function gitHubOf(issuer: string): string {
  const { host, origin } = new URL(issuer);
  const hosted = /^token\.actions\.(.+)$/.exec(host)?.[1];
  if (hosted === undefined) return origin;
  return hosted === "githubusercontent.com" ? "https://github.com" : `https://${hosted}`;
}
