/**
 * What a version of a registered model was made of: it is not purged while the version is there, or a model in production
 * would lose its files. Conditions for queries on `runs`, `logged_models` and `experiments`.
 */
import { type RawBuilder, type SqlBool, sql } from "kysely";

/** A version whose files are at or below a location. Longer ones than the index has are no locations of ours. */
const madeOfFilesAt = (project: RawBuilder<unknown>, location: RawBuilder<unknown>) => sql<SqlBool>`exists (
  select from model_versions as version
  where version.project_id = ${project} and octet_length(coalesce(version.location, version.source)) <= 1000
    and coalesce(version.location, version.source) >= ${location}
    and coalesce(version.location, version.source) < (${location} || '0') collate "C"
    and (
      coalesce(version.location, version.source) = ${location}
      or starts_with(coalesce(version.location, version.source), ${location} || '/')
    )
)`;

export const isHeldRun = sql<SqlBool>`(
  exists (
    select from model_versions as version
    where version.project_id = runs.project_id and version.run_id = replace(runs.run_id::text, '-', '')
  )
  or ${madeOfFilesAt(sql`runs.project_id`, sql`runs.artifact_uri`)}
)`;

export const isHeldModel = madeOfFilesAt(sql`logged_models.project_id`, sql`logged_models.artifact_uri`);

export const isHeldExperiment = sql<SqlBool>`(
  exists (
    select from model_versions as version
    cross join lateral (
      select from runs
      where runs.project_id = version.project_id and runs.experiment_id = experiments.experiment_id
        and runs.run_id = case when version.run_id ~ '^[0-9a-f]{32}$' then version.run_id::uuid end
      limit 1
    ) as made
    where version.project_id = experiments.project_id
  )
  or ${madeOfFilesAt(sql`experiments.project_id`, sql`regexp_replace(experiments.artifact_location, '/$', '') collate "C"`)}
)`;
