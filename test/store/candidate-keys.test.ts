import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { findKeys, findValues } from "../../src/store/candidate-keys.ts";
import type { Database } from "../../src/store/database.ts";
import { testDatabase, testProject } from "../support/database.ts";
import { explaining, reached } from "./explained.ts";

// Of 20,000 runs each has `settled` and `logged`, which is being logged; `both` is settled in all but every hundredth run.
const runs = 20_000;

const { db, owner, name } = await testDatabase({ statementTimeout: 120_000 });
const asked = explaining(name);
let project = 0n;

beforeAll(async () => {
  project = await testProject(db);
  await sql`
    insert into runs (project_id, run_key, run_id, experiment_id, user_id, status, start_time, artifact_uri)
    select ${project}::bigint, k, lpad(to_hex(k), 32, '0')::uuid, 0, '', 'RUNNING', k, ''
    from generate_series(1, ${runs}::bigint) k`.execute(db);
  await sql`
    insert into latest_metrics (project_id, run_key, key, experiment_id, step, "timestamp", value, settled_value)
    select project_id, run_key, key, 0, 0, 0, run_key,
      case when key = 'settled' or key = 'both' and run_key % 100 <> 0 then run_key end
    from runs, unnest(array['settled', 'logged', 'both']) key`.execute(db);
  for (const table of ["params", "tags"])
    await sql`
      insert into ${sql.table(table)} (project_id, run_key, key, experiment_id, value)
      select project_id, run_key, key, 0, 'value ' || run_key % case key when 'few' then 5 else 5000 end
      from runs, unnest(array['few', 'many']) key`.execute(db);
  await sql`vacuum analyze runs, latest_metrics, params, tags`.execute(owner);
}, 120_000);

/** Asks, and says how Postgres went about it. */
async function explained<Answer>(ask: (db: Database) => Promise<Answer>) {
  asked.statements.length = 0;
  const answer = await ask(asked.db);
  const [statement, ...others] = asked.statements;
  if (statement === undefined || others.length > 0) throw new Error("it was not one statement");
  return { answer, ...reached(await asked.planOf(statement)) };
}

const everyKey = { search: "", most: 100 };

describe(`the keys of ${runs} runs`, () => {
  it("are found by skipping along both indexes of metrics, the settled and the others", async () => {
    const { answer, ...plan } = await explained((db) => findKeys(db, project, [0n], "metric", everyKey));
    const keys = ["both", "logged", "settled"].map((key) => ({ key, runs: 1000 }));
    expect(answer).toEqual({ keys, isCut: false });
    expect(plan.tablesReadWhole).toEqual([]);
    expect(plan.indexes).toEqual(["latest_metrics_by_value", "latest_metrics_unsettled"]);
    // A thousand to count the runs of each key, and a few to skip to the next.
    expect(plan.looked).toBeLessThanOrEqual(3_100);
  });

  it.each(["param", "tag"] as const)(
    "are found by skipping along the index of a %s's values",
    async (kind) => {
      const { answer, ...plan } = await explained((db) => findKeys(db, project, [0n], kind, everyKey));
      expect(answer.keys.map(({ key }) => key)).toEqual(["few", "many"]);
      expect(plan.tablesReadWhole).toEqual([]);
      expect(plan.indexes).toEqual([`${kind}s_by_value`]);
      expect(plan.looked).toBeLessThanOrEqual(2_100);
    },
  );

  it("are said to be cut where a search for them ends before they do, and where there are more than are wanted", async () => {
    const find = async (options: { search?: string; most?: number; steps?: number }) => {
      const found = await findKeys(db, project, [0n], "metric", { ...everyKey, ...options });
      return [found.keys.map(({ key }) => key), found.isCut];
    };
    expect(await find({ steps: 3 })).toEqual([["both", "logged", "settled"], false]);
    expect(await find({ steps: 2 })).toEqual([["both", "logged"], true]);
    expect(await find({ steps: 2, search: "settled" })).toEqual([[], true]);
    expect(await find({ most: 2 })).toEqual([["both", "logged"], true]);
    expect(await find({ most: 3 })).toEqual([["both", "logged", "settled"], false]);
    expect(await find({ search: "nothing" })).toEqual([[], false]);
  });

  it.each(["param", "tag"] as const)("have values of a %s that are skipped to, each once", async (kind) => {
    const { answer, ...plan } = await explained((db) =>
      findValues(db, project, [0n], kind, { key: "few", prefix: "value", most: 50 }),
    );
    expect(answer).toEqual([0, 1, 2, 3, 4].map((n) => `value ${n}`));
    expect(plan.tablesReadWhole).toEqual([]);
    expect(plan.indexes).toEqual([`${kind}s_by_value`]);
    expect(plan.looked).toBeLessThanOrEqual(20);
  });
});
