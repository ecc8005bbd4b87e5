import { type CompiledQuery, Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { afterAll, inject } from "vitest";
import type { DB } from "../../gen/db.ts";

export interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: PlanNode[];
}

const nodes = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodes)];

/** A database of tests that remembers what it is asked, and says how Postgres goes about it. @param name of testDatabase(). */
export function explaining(name: string) {
  const pool = new pg.Pool({
    ...inject("cluster"),
    database: name,
    max: 1,
    // As openDatabase sets them, except that Postgres may read a table whole, if it thinks that better.
    options: "-c jit=off -c max_parallel_workers_per_gather=0 -c role=loggia_app -c app.projects=all",
    types: {
      getTypeParser: ((oid: number, format?: "text" | "binary") =>
        oid === pg.types.builtins.INT8
          ? BigInt
          : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  });
  // A pool ends before its connections do, and the database is dropped under them.
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("error", () => {});
  const statements: CompiledQuery[] = [];
  const db = new Kysely<DB>({
    dialect: new PostgresDialect({ pool }),
    log: ({ query }) => {
      statements.push(query);
    },
  });
  afterAll(() => db.destroy());
  return {
    db,
    /** What it was asked. */
    statements,
    /** All nodes of the plan of a statement, which is carried out. */
    async planOf({ sql, parameters }: CompiledQuery): Promise<PlanNode[]> {
      const { rows } = await pool.query(`explain (analyze, timing off, format json) ${sql}`, [...parameters]);
      return nodes(rows[0]["QUERY PLAN"][0].Plan);
    },
  };
}

/** How a plan reached its rows. */
export function reached(plan: readonly PlanNode[]) {
  const done = plan.filter((node) => node["Actual Loops"] > 0);
  const scans = done.filter((node) => node["Relation Name"] !== undefined);
  return {
    /** The indexes that lead to the rows, of those that were asked. */
    indexes: [...new Set(done.flatMap((node) => node["Index Name"] ?? []))].sort(),
    tablesReadWhole: scans
      .filter((node) => node["Node Type"] === "Seq Scan")
      .map((node) => node["Relation Name"]),
    /** Rows that scans looked at. */
    looked: scans.reduce(
      (sum, node) =>
        sum + (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"],
      0,
    ),
  };
}
