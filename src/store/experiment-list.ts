import { type SqlBool, sql } from "kysely";
import type { CursorValue } from "../search/page-token.ts";
import { holds } from "./candidate-keys.ts";
import type { Database } from "./database.ts";
import type { ExperimentRow } from "./experiments.ts";
import { selectExperiments } from "./experiments.ts";
import { after, ordered, type SortKey, selected } from "./search-keys.ts";

/** Experiments with what happens in them. */

/** Times are milliseconds since the epoch. */
export interface ListedExperiment extends ExperimentRow {
  active_runs: bigint;
  deleted_runs: bigint;
  last_activity: bigint;
}

export type ListOrder = "name" | "creation_time" | "last_activity_time" | "candidate_count";

export interface ExperimentListing {
  /** Text that the name holds, whatever the case; "" is in every name. */
  search: string;
  /** Both without it. */
  stage?: "active" | "deleted";
  order: ListOrder;
  descending: boolean;
  /** Where the page before ended. */
  at?: readonly CursorValue[];
  /** Experiments at most, at least 1. */
  limit: number;
}

const activeRuns = sql<bigint>`coalesce(activity.active_runs, 0)`;
const lastActivity = sql<bigint>`greatest(experiments.last_update_time, activity.last_activity)`;

const columns: Record<ListOrder, Pick<SortKey, "value" | "type">> = {
  name: { value: sql.ref("experiments.name"), type: "text" },
  creation_time: { value: sql.ref("experiments.creation_time"), type: "bigint" },
  last_activity_time: { value: lastActivity, type: "bigint" },
  candidate_count: { value: activeRuns, type: "bigint" },
};

/** `next` is there if more follow. What the order leaves undecided is by id, in the same direction. */
export async function listExperiments(
  db: Database,
  project: bigint,
  listing: ExperimentListing,
): Promise<{ rows: ListedExperiment[]; next?: CursorValue[] }> {
  const { order, descending, at, limit } = listing;
  const key = { descending, negated: false, nullable: false };
  const keys: SortKey[] = [
    { column: "k0", ...columns[order], ...key },
    { column: "k1", value: sql.ref("experiments.experiment_id"), type: "bigint", ...key },
  ];
  const where = [...conditions(project, listing), ...(at === undefined ? [] : [after(keys, at)])];
  const { rows } = await sql<{ experiment_id: bigint; k0: CursorValue; k1: CursorValue }>`
    select experiments.experiment_id${selected(keys)}
    from ${joined}
    where ${sql.join(where, sql` and `)}
    order by ${ordered(keys)}
    limit ${limit + 1}`.execute(db);
  const page = rows.slice(0, limit);
  const found = await loadExperiments(
    db,
    project,
    page.map((row) => row.experiment_id),
  );
  const last = page.at(-1);
  return {
    rows: found,
    ...(rows.length > limit && last !== undefined && { next: [last.k0, last.k1] }),
  };
}

/** How many experiments a listing has. */
export async function countExperiments(
  db: Database,
  project: bigint,
  listing: Pick<ExperimentListing, "search" | "stage">,
): Promise<bigint> {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) as count from experiments where ${sql.join(conditions(project, listing), sql` and `)}`.execute(
    db,
  );
  return rows[0]?.count ?? 0n;
}

/** The experiments with these ids, in this order; those that do not exist are left out. */
export async function loadExperiments(
  db: Database,
  project: bigint,
  ids: readonly bigint[],
): Promise<ListedExperiment[]> {
  if (ids.length === 0) return [];
  const rows = await selectExperiments(db, project)
    .leftJoin("experiment_activity as activity", (join) =>
      join
        .onRef("activity.project_id", "=", "experiments.project_id")
        .onRef("activity.experiment_id", "=", "experiments.experiment_id"),
    )
    .select([
      activeRuns.as("active_runs"),
      sql<bigint>`coalesce(activity.deleted_runs, 0)`.as("deleted_runs"),
      lastActivity.as("last_activity"),
    ])
    .where("experiments.experiment_id", "in", [...ids])
    .execute();
  const byId = new Map(rows.map((row) => [row.experiment_id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

const joined = sql`
  experiments left join experiment_activity as activity
    on activity.project_id = experiments.project_id and activity.experiment_id = experiments.experiment_id`;

const conditions = (
  project: bigint,
  { search, stage }: Pick<ExperimentListing, "search" | "stage">,
): ReturnType<typeof sql<SqlBool>>[] => [
  sql<SqlBool>`experiments.project_id = ${project} and not experiments.is_purged`,
  ...(stage === undefined ? [] : [sql<SqlBool>`experiments.lifecycle_stage = ${stage}`]),
  ...(search === "" ? [] : [holds(sql.ref("experiments.name"), search)]),
];
