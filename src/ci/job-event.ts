import { invalid } from "../errors.ts";
import { type JobFacts, mergeRequestOf, textOf, timeOf } from "./job.ts";

type Json = Readonly<Record<string, unknown>>;

const objectOf = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};

/**
 * Reads GitLab's Job Hook (lib/gitlab/data_builder/build.rb; `object_kind` is "build"). `commit.id` in it is the pipeline's.
 * `project` came to it with GitLab 15.x; before, the address of the project is `repository.homepage` alone.
 * @param instance the header X-Gitlab-Instance, since GitLab 15.5 the server's address.
 * @returns undefined for an event of another kind, which is none of our business.
 * @throws INVALID_PARAMETER_VALUE for what is no event.
 */
export function readJobEvent(payload: unknown, instance: string | undefined): JobFacts | undefined {
  const event = objectOf(payload);
  const kind = textOf(event.object_kind);
  if (kind === undefined) throw invalid("Missing value for required parameter 'object_kind'.");
  if (kind !== "build") return undefined;
  const jobId = textOf(event.build_id, 30);
  if (jobId === undefined || !/^\d{1,20}$/.test(jobId))
    throw invalid("Invalid value for parameter 'build_id': it must be the id of a job.");
  const project = objectOf(event.project);
  const repository = objectOf(event.repository);
  const home = webAddress(project.web_url) ?? webAddress(repository.homepage);
  if (home === undefined)
    throw invalid("Invalid value for parameter 'project.web_url': it must be the address of a project.");
  const commit = objectOf(event.commit);
  const user = objectOf(event.user);
  const status = textOf(event.build_status);
  const ref = textOf(event.ref);
  const source = sourceOf(home, textOf(project.path_with_namespace, 1000), webAddress(instance));
  return {
    source,
    jobId,
    provider: "gitlab",
    repository: home.slice(source.length + 1),
    name: textOf(event.build_name),
    stage: textOf(event.build_stage),
    url: `${home}/-/jobs/${jobId}`,
    status,
    pipelineId: textOf(event.pipeline_id, 30) ?? textOf(commit.id, 30),
    ref,
    refType: event.tag === true ? "tag" : "branch",
    commitSha: textOf(event.sha) ?? textOf(commit.sha),
    commitTitle: textOf(textOf(commit.message, 4000)?.split("\n")[0]),
    mergeRequest: mergeRequestOf(ref),
    username: textOf(user.username),
    userName: textOf(user.name),
    environment: textOf(objectOf(event.environment).name),
    createdAt: timeOf(event.build_created_at_iso) ?? timeOf(event.build_created_at),
    startedAt: timeOf(event.build_started_at_iso) ?? timeOf(event.build_started_at),
    finishedAt: timeOf(event.build_finished_at_iso) ?? timeOf(event.build_finished_at),
  };
}

/** An http or https address without a slash at its end; what is shown as a link must be nothing else. */
function webAddress(value: unknown): string | undefined {
  const text = textOf(value, 1000);
  if (text === undefined || !URL.canParse(text)) return undefined;
  const { protocol, origin, pathname } = new URL(text);
  return protocol === "https:" || protocol === "http:"
    ? `${origin}${pathname}`.replace(/\/$/, "")
    : undefined;
}

/** The server's address, which may have a path of its own before that of the project. */
function sourceOf(home: string, path: string | undefined, instance: string | undefined): string {
  if (path !== undefined && home.endsWith(`/${path}`)) return home.slice(0, -path.length - 1);
  if (instance !== undefined && home.startsWith(`${instance}/`)) return instance;
  return new URL(home).origin;
}
