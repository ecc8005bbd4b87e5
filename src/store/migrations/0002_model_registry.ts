import { type Kysely, sql } from "kysely";

/**
 * Registered models, their versions, tags and aliases (behaviour.md §11). Whatever belongs to a model refers to it by name
 * and follows a rename by `on update cascade`. `last_version` outlives a deleted version, so that no number is used twice.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table registered_models (
      project_id bigint not null references projects,
      name text collate "C" not null,
      creation_time bigint not null,
      last_updated_time bigint not null,
      description text,
      last_version bigint not null default 0,
      primary key (project_id, name)
    )`.execute(db);
  await sql`
    create index registered_models_by_update on registered_models (project_id, last_updated_time, name)`.execute(
    db,
  );
  await sql`
    create table registered_model_tags (
      project_id bigint not null,
      name text collate "C" not null,
      key text collate "C" not null,
      value text collate "C" not null,
      primary key (project_id, name, key),
      foreign key (project_id, name) references registered_models on update cascade on delete cascade
    )`.execute(db);

  await sql`
    create table model_versions (
      project_id bigint not null,
      name text collate "C" not null,
      version bigint not null,
      creation_time bigint not null,
      last_updated_time bigint not null,
      description text,
      current_stage text collate "C" not null default 'None'
        check (current_stage in ('None', 'Staging', 'Production', 'Archived')),
      source text collate "C" not null,
      run_id text collate "C" not null,
      run_link text not null,
      model_id text collate "C",
      primary key (project_id, name, version),
      foreign key (project_id, name) references registered_models on update cascade on delete cascade
    )`.execute(db);
  await sql`
    create index model_versions_by_update on model_versions (project_id, last_updated_time desc, name, version)`.execute(
    db,
  );
  await sql`create index model_versions_by_run on model_versions (project_id, run_id)`.execute(db);
  await sql`
    create table model_version_tags (
      project_id bigint not null,
      name text collate "C" not null,
      version bigint not null,
      key text collate "C" not null,
      value text collate "C" not null,
      primary key (project_id, name, version, key),
      foreign key (project_id, name, version) references model_versions on update cascade on delete cascade
    )`.execute(db);
  await sql`
    create table registered_model_aliases (
      project_id bigint not null,
      name text collate "C" not null,
      alias text collate "C" not null,
      version bigint not null,
      primary key (project_id, name, alias),
      foreign key (project_id, name, version) references model_versions on update cascade on delete cascade
    )`.execute(db);
}
