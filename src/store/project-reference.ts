import { type RawBuilder, sql } from "kysely";

/**
 * That a row of `projects` is the one that a caller means: by its numeric id, or by its path, in any case, since no two paths
 * differ in it alone. No path is digits alone.
 */
export const isReferredTo = (reference: string): RawBuilder<boolean> =>
  /^\d{1,18}$/.test(reference)
    ? sql`projects.project_id = ${BigInt(reference)}`
    : sql`lower(projects.path) = lower(${reference}::text collate "C")`;
