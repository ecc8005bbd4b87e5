import { sql } from "kysely";
import { expect, test } from "vitest";
import { WatchService } from "../../gen/loggia/v1/watch_pb.js";
import { testServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { reader } from "../support/watching.ts";

/** Statements that ask whether somebody wrote, and those that look at all that is watched for what is new. */
const asked = { whetherWritten: 0, everywhere: 0 };
const server = await testServer({
  plugin: {
    transformQuery: ({ node }) => {
      const text = node.kind === "RawNode" ? node.sqlFragments.join("") : "";
      if (text.includes("pg_stat_all_tables")) asked.whetherWritten++;
      if (text.includes("with moment as materialized")) asked.everywhere++;
      return node;
    },
    transformResult: async ({ result }) => result,
  },
});

test("the runs of a large experiment are not read while nobody writes, and what nobody tells of is found", async () => {
  const project = await server.project();
  /** Writes what no server hints at, and has Postgres count it now instead of in some seconds. */
  const write = (statement: ReturnType<typeof sql>) =>
    server.db.connection().execute(async (db) => {
      await statement.execute(db);
      await sql`select pg_stat_force_next_flush()`.execute(db);
    });
  await write(sql`
    insert into runs (project_id, run_key, run_id, experiment_id, user_id, status, start_time, artifact_uri)
    select ${project.id}, n, md5(n::text)::uuid, 0, '', 'RUNNING', n, '' from generate_series(1, 20001) n`);
  const client = project.client(WatchService, "connect");
  const watch = reader(client.watch({ experimentId: "0", onlyChanges: true }));
  await watch.caughtUp();
  // Once when it begins, then at each look.
  await until("it looks a few times", () => asked.whetherWritten >= 4);
  expect(asked.everywhere).toBe(0);

  const id = "c4ca4238a0b923820dcc509a6f75849b";
  await write(
    sql`update runs set status = 'KILLED' where project_id = ${project.id} and run_id = ${id}::uuid`,
  );
  await watch.until((runs) => runs.get(id)?.status === "KILLED");
  expect(asked.everywhere).toBeGreaterThan(0);
  await watch.leave();
});
