import { sql } from "kysely";
import type { Database } from "./database.ts";
import { planEachTime } from "./postgres-client.ts";
import { every, inScope, type Question } from "./search-statements.ts";

/** Runs in the order of their users: of each the newest first, as the index `runs_by_user` has them. */

/** Whether a question asks for that, of one experiment. */
export const isByUser = ({ scope, keys: [first, second] }: Question): boolean =>
  scope.experiments.length === 1 &&
  first?.column === "k_user_id" &&
  second?.column === "k_start_time" &&
  second.descending;

/** Who follows `user`, or comes first. */
export async function nextUser(
  db: Database,
  { scope, keys: [first] }: Question,
  user?: string,
): Promise<string | undefined> {
  const descending = first?.descending ?? false;
  const beyond = user === undefined ? [] : [sql<boolean>`r.user_id ${descending ? sql`<` : sql`>`} ${user}`];
  const { rows } = await sql<{ user_id: string }>`${planEachTime}
    select r.user_id from runs r
    where ${every([...inScope(scope), ...beyond])}
    order by r.user_id${descending ? sql` desc` : sql``} limit 1`.execute(db);
  return rows[0]?.user_id;
}

/** How many runs each user has, in the order of the question. */
export async function runsOfUsers(db: Database, { scope, keys: [first] }: Question) {
  const { rows } = await sql<{ user_id: string; count: bigint }>`${planEachTime}
    select r.user_id, count(*) as count from runs r
    where ${every(inScope(scope))}
    group by r.user_id order by r.user_id${first?.descending ? sql` desc` : sql``}`.execute(db);
  return rows.map(({ user_id, count }) => ({ user: user_id, count: Number(count) }));
}
