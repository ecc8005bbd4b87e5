import { type Kysely, sql } from "kysely";
import { secureTables } from "../row-security.ts";

/**
 * What Loggia knows of CI jobs (docs/ci.md).
 *
 * - `ci_trusts`: whose id-tokens a project exchanges for a token of its own. `conditions` is an object of claims, each with
 *   the patterns of which one has to match.
 * - `ci_webhooks`: the secret that GitLab sends with its job events, as SHA-256.
 * - `ci_jobs`: the facts of a job, from an id-token, from events or from GitLab's API. `source` is the address of the CI
 *   server, since job ids are unique there alone. `progress` grows as a job goes on, so that a late event is known to be late.
 *   `verified_at`: an id-token of the job was shown in this project.
 * - `ci_runs`: the job that provably made or wrote a run. What a run merely claims is its tag.
 * - `ci_used_id_tokens`: id-tokens that were exchanged, until they expire anyhow. No tenant's: one that was shown to one
 *   project must not be shown to another.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table ci_trusts (
      project_id bigint not null references projects,
      trust_id bigint generated always as identity,
      issuer text collate "C" not null,
      conditions json not null,
      role text collate "C" not null check (role in ('guest', 'reporter', 'developer', 'maintainer')),
      created_at timestamptz not null default now(),
      created_by text collate "C" not null,
      primary key (project_id, trust_id)
    )`.execute(db);

  await sql`
    create table ci_webhooks (
      project_id bigint primary key references projects,
      hash bytea not null,
      created_at timestamptz not null default now(),
      created_by text collate "C" not null,
      last_event_at timestamptz
    )`.execute(db);

  await sql`
    create table ci_jobs (
      project_id bigint not null references projects,
      job_id text collate "C" not null,
      source text collate "C" not null,
      provider text collate "C" not null check (provider in ('gitlab', 'github')),
      repository text collate "C",
      name text collate "C",
      stage text collate "C",
      url text collate "C",
      status text collate "C",
      progress smallint not null default 0,
      pipeline_id text collate "C",
      ref text collate "C",
      ref_type text collate "C",
      commit_sha text collate "C",
      commit_title text collate "C",
      merge_request text collate "C",
      username text collate "C",
      user_name text collate "C",
      environment text collate "C",
      created_at timestamptz,
      started_at timestamptz,
      finished_at timestamptz,
      verified_at timestamptz,
      fetched_at timestamptz,
      updated_at timestamptz not null default now(),
      primary key (project_id, job_id, source)
    )`.execute(db);
  await sql`
    create index ci_jobs_verified on ci_jobs (project_id, source, verified_at) where verified_at is not null`.execute(
    db,
  );

  await sql`
    create table ci_runs (
      project_id bigint not null,
      run_key bigint not null,
      job_id text collate "C" not null,
      source text collate "C" not null,
      at timestamptz not null default now(),
      primary key (project_id, run_key, job_id, source)
    )`.execute(db);

  await sql`
    create table ci_used_id_tokens (
      issuer text collate "C" not null,
      jti text collate "C" not null,
      expires_at timestamptz not null,
      primary key (issuer, jti)
    )`.execute(db);
  await sql`create index ci_used_id_tokens_by_expiry on ci_used_id_tokens (expires_at)`.execute(db);

  await secureTables(db);
}
