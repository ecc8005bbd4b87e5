import fc from "fast-check";
import { type CompiledQuery, Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { DB } from "../../gen/db.ts";
import type {
  ModelVersionCondition,
  ModelVersionOrder,
  RegisteredModelCondition,
  RegisteredModelOrder,
} from "../../src/search/ast.ts";
import type { Database } from "../../src/store/database.ts";
import { searchModelVersions, searchRegisteredModels } from "../../src/store/search-registry.ts";
import { testDatabase, testProject } from "../support/database.ts";
import { like } from "./search-model.ts";

const { db, owner, name: database } = await testDatabase();

/** A row as the search sees it, said as plainly as possible. */
interface Row {
  name: string;
  version_number: bigint;
  creation_timestamp: bigint;
  last_updated_timestamp: bigint;
  run_id: string;
  source_path: string;
  tags: Record<string, string>;
}

const names = ["a", "A", "ab", "a_b", "a%", "é", "b b", ""];
const texts = ["", "x", "X", "xy", "x_", "%", "日"];
const prompt = "mlflow.prompt.is_prompt";
const promptTag = { [prompt]: "true" };

const model = (name: string, i: number): Row => ({
  name,
  version_number: 0n,
  creation_timestamp: BigInt(i % 3),
  last_updated_timestamp: BigInt((i * 7) % 4),
  run_id: "",
  source_path: "",
  tags: {
    ...(i % 2 === 0 ? { k: texts[i % texts.length] ?? "" } : {}),
    ...(i % 3 === 0 ? { "a key": texts[(i * 3) % texts.length] ?? "" } : {}),
    ...(i % 4 === 0 ? promptTag : i % 4 === 1 ? { [prompt]: "false" } : {}),
  },
});
const models = names.map(model);
const versions = models.flatMap(({ name }, i) =>
  Array.from({ length: i % 4 }, (_, j) => ({
    ...model(name, i + 5 * j + 1),
    version_number: BigInt(j + 1),
    run_id: texts[(i + j) % texts.length] ?? "",
    source_path: texts[(i * 2 + j) % texts.length] ?? "",
  })),
);

let project = 0n;

beforeAll(async () => {
  const other = await testProject(db);
  project = await testProject(db);
  for (const project_id of [other, project]) {
    await db
      .insertInto("registered_models")
      .values(
        models.map((row) => ({
          project_id,
          name: row.name,
          creation_time: row.creation_timestamp,
          last_updated_time: row.last_updated_timestamp,
        })),
      )
      .execute();
    await db
      .insertInto("registered_model_tags")
      .values(
        models.flatMap(({ name, tags }) =>
          Object.entries(tags).map(([key, value]) => ({ project_id, name, key, value })),
        ),
      )
      .execute();
    await db
      .insertInto("model_versions")
      .values(
        versions.map((row) => ({
          project_id,
          name: row.name,
          version: row.version_number,
          creation_time: row.creation_timestamp,
          last_updated_time: row.last_updated_timestamp,
          source: row.source_path,
          run_id: row.run_id,
          run_link: "",
        })),
      )
      .execute();
    await db
      .insertInto("model_version_tags")
      .values(
        versions.flatMap(({ name, version_number: version, tags }) =>
          Object.entries(tags).map(([key, value]) => ({ project_id, name, version, key, value })),
        ),
      )
      .execute();
  }
});

const textTests: Record<string, (text: string, value: string) => boolean> = {
  "=": (text, value) => text === value,
  "!=": (text, value) => text !== value,
  LIKE: like,
  ILIKE: (text, value) => like(text.toLowerCase(), value.toLowerCase()),
};

const numberTests: Record<string, (a: bigint, b: bigint) => boolean> = {
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
};

function holds(row: Row, condition: RegisteredModelCondition | ModelVersionCondition): boolean {
  if (condition.kind === "tag") {
    const value = row.tags[condition.key];
    return value === undefined
      ? condition.matchesAbsent
      : (textTests[condition.op]?.(value, condition.value) ?? false);
  }
  if (condition.type === "integer")
    return numberTests[condition.op]?.(row.version_number, BigInt(condition.value)) ?? false;
  if (condition.type === "list")
    return condition.values.includes(row[condition.key]) === (condition.op === "IN");
  return textTests[condition.op]?.(row[condition.key], condition.value) ?? false;
}

function sorted(rows: Row[], orders: readonly (RegisteredModelOrder | ModelVersionOrder)[]): Row[] {
  const byName = { key: "name", ascending: true } as const;
  const byVersion = { key: "version_number", ascending: false } as const;
  return rows.toSorted((a, b) => {
    for (const { key, ascending } of [...orders, byName, byVersion]) {
      // UTF-8 sorts by code point.
      const [x, y] = [a[key], b[key]];
      if (x !== y) return x < y === ascending ? -1 : 1;
    }
    return 0;
  });
}

const text = fc.constantFrom(...texts, ...names);
const pattern = fc.oneof(text, fc.constantFrom("%x%", "_", "a\\_b", "a\\%", "%B", "X%", "é", "É"));
const textOps = fc.oneof(
  fc.record({ op: fc.constantFrom("=", "!=") as fc.Arbitrary<"=" | "!=">, value: text }),
  fc.record({ op: fc.constantFrom("LIKE", "ILIKE") as fc.Arbitrary<"LIKE" | "ILIKE">, value: pattern }),
);
const listOps = fc.record({
  op: fc.constantFrom("IN", "NOT IN") as fc.Arbitrary<"IN" | "NOT IN">,
  values: fc.array(text, { minLength: 1, maxLength: 4 }),
});
const attribute = { kind: "attribute" } as const;

const tag = fc
  .tuple(fc.constantFrom("k", "a key", "absent", prompt), fc.boolean(), textOps)
  .map(([key, quirk, test]) => ({
    kind: "tag" as const,
    key,
    matchesAbsent: quirk && key === prompt,
    ...test,
  }));

const modelCondition: fc.Arbitrary<RegisteredModelCondition> = fc.oneof(
  tag,
  textOps.map((test) => ({ ...attribute, type: "text" as const, key: "name" as const, ...test })),
  listOps.map((test) => ({ ...attribute, type: "list" as const, key: "name" as const, ...test })),
);

const versionCondition: fc.Arbitrary<ModelVersionCondition> = fc.oneof(
  tag,
  fc
    .tuple(fc.constantFrom("name" as const, "run_id" as const, "source_path" as const), textOps)
    .map(([key, test]) => ({ ...attribute, type: "text" as const, key, ...test })),
  fc
    .tuple(fc.constantFrom("name" as const, "run_id" as const), listOps)
    .map(([key, test]) => ({ ...attribute, type: "list" as const, key, ...test })),
  fc
    .record({
      op: fc.constantFrom("=", "!=", ">", ">=", "<", "<=") as fc.Arbitrary<
        "=" | "!=" | ">" | ">=" | "<" | "<="
      >,
      value: fc.bigInt({ min: -1n, max: 4n }),
    })
    .map((test) => ({ ...attribute, type: "integer" as const, key: "version_number" as const, ...test })),
);

const ordersOf = <Key extends string>(...keys: Key[]) =>
  fc.uniqueArray(
    fc.record({
      kind: fc.constant("attribute" as const),
      key: fc.constantFrom(...keys),
      ascending: fc.boolean(),
    }),
    { selector: ({ key }) => key, maxLength: 3 },
  );

const modelSearch = fc.record({
  conditions: fc.array(modelCondition, { maxLength: 3 }),
  orders: ordersOf("name", "creation_timestamp", "last_updated_timestamp"),
  limit: fc.integer({ min: 1, max: 9 }),
});

const versionSearch = fc.record({
  conditions: fc.array(versionCondition, { maxLength: 3 }),
  orders: ordersOf("name", "version_number", "creation_timestamp", "last_updated_timestamp"),
  limit: fc.integer({ min: 1, max: 14 }),
});

test("a search of models finds what filtering and sorting an array would, on any size of page", async () => {
  await fc.assert(
    fc.asyncProperty(modelSearch, async (search) => {
      const found: string[] = [];
      for (let after: Parameters<typeof searchRegisteredModels>[1]["after"] | "end"; after !== "end"; ) {
        const page = await searchRegisteredModels(db, { project, ...search, ...(after && { after }) });
        expect(page.rows.length).toBeLessThanOrEqual(search.limit);
        found.push(...page.rows.map(({ name }) => name));
        after = page.next ?? "end";
      }
      const wanted = models.filter((row) => search.conditions.every((condition) => holds(row, condition)));
      expect(found).toEqual(sorted(wanted, search.orders).map(({ name }) => name));
    }),
    { numRuns: 200 },
  );
});

test("a search of versions finds what filtering and sorting an array would, on any size of page", async () => {
  await fc.assert(
    fc.asyncProperty(versionSearch, async (search) => {
      const found: string[] = [];
      for (let after: Parameters<typeof searchModelVersions>[1]["after"] | "end"; after !== "end"; ) {
        const page = await searchModelVersions(db, { project, ...search, ...(after && { after }) });
        expect(page.rows.length).toBeLessThanOrEqual(search.limit);
        found.push(...page.rows.map(({ name, version }) => `${name} ${version}`));
        after = page.next ?? "end";
      }
      const wanted = versions.filter((row) => search.conditions.every((condition) => holds(row, condition)));
      expect(found).toEqual(
        sorted(wanted, search.orders).map(({ name, version_number }) => `${name} ${version_number}`),
      );
    }),
    { numRuns: 200 },
  );
});

test("a row comes with its tags and a model with the greatest version of each stage", async () => {
  const { rows } = await searchRegisteredModels(db, { project, conditions: [], orders: [], limit: 99 });
  for (const row of rows) {
    const expected = models.find(({ name }) => name === row.name);
    expect(Object.fromEntries(row.tags.map(({ key, value }) => [key, value]))).toEqual(expected?.tags);
    const own = versions.filter(({ name }) => name === row.name);
    expect(row.latest_versions.map(({ version }) => version)).toEqual(
      own.length === 0 ? [] : [BigInt(own.length)],
    );
  }
});

describe("on 20,000 models with 60,000 versions", () => {
  let large = 0n;
  beforeAll(async () => {
    large = await testProject(db);
    await sql`
      insert into registered_models (project_id, name, creation_time, last_updated_time)
      select ${large}::bigint, 'model-' || lpad(i::text, 6, '0'), i, abs(hashint4(i))
      from generate_series(1, 20000) i`.execute(db);
    await sql`
      insert into model_versions (project_id, name, version, creation_time, last_updated_time, source, run_id, run_link)
      select project_id, name, v, 0, abs(hashint8(creation_time * 3 + v)::bigint), 's', md5(name || v), ''
      from registered_models, generate_series(1, 3) v where project_id = ${large}`.execute(db);
    await sql`analyze registered_models, model_versions`.execute(owner);
  }, 60_000);

  const statements: CompiledQuery[] = [];
  const pool = new pg.Pool({
    ...inject("cluster"),
    database,
    max: 1,
    options:
      "-c jit=off -c max_parallel_workers_per_gather=0 -c enable_seqscan=off -c role=loggia_app -c app.projects=all",
  });
  // The database may be dropped before the connection has ended.
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("error", () => {});
  const listening = new Kysely<DB>({
    dialect: new PostgresDialect({ pool }),
    log: ({ query }) => {
      statements.push(query);
    },
  });
  afterAll(() => listening.destroy());

  interface Plan {
    "Relation Name"?: string;
    "Actual Rows": number;
    "Actual Loops": number;
    "Rows Removed by Filter"?: number;
    Plans?: Plan[];
  }

  /** How many rows the scans of a search's first statement looked at; the others read rows by their keys. */
  async function looked(search: (db: Database) => Promise<unknown>): Promise<number> {
    statements.length = 0;
    await search(listening);
    const [statement] = statements;
    if (statement === undefined) throw new Error("nothing was asked");
    const { rows } = await pool.query(`explain (analyze, format json) ${statement.sql}`, [
      ...statement.parameters,
    ]);
    const own = (plan: Plan) =>
      plan["Relation Name"] === undefined
        ? 0
        : (plan["Actual Rows"] + (plan["Rows Removed by Filter"] ?? 0)) * plan["Actual Loops"];
    const total = (plan: Plan): number =>
      (plan.Plans ?? []).reduce((sum, child) => sum + total(child), own(plan));
    return total(rows[0]["QUERY PLAN"][0].Plan);
  }

  const none = { conditions: [], orders: [], limit: 100 };
  const updated = { ...attribute, key: "last_updated_timestamp" as const, ascending: false };

  /** A page and one row, and the few that share a time with one of them. */
  const walkOfAPage = (rows: number) => rows > 100 && rows < 150;

  test("a page of models is one walk along an index", async () => {
    const page = (more: object) =>
      looked((db) => searchRegisteredModels(db, { project: large, ...none, ...more }));
    expect(await page({})).toSatisfy(walkOfAPage);
    expect(await page({ orders: [updated] })).toSatisfy(walkOfAPage);
    for (const orders of [[], [updated]]) {
      const { next } = await searchRegisteredModels(db, { project: large, ...none, orders, limit: 10_000 });
      expect(next).toBeDefined();
      expect(await page({ orders, after: next })).toSatisfy(walkOfAPage);
    }
  });

  test("so is a page of versions; those of a model or of a run are found by it", async () => {
    const page = (more: object) =>
      looked((db) => searchModelVersions(db, { project: large, ...none, orders: [updated], ...more }));
    const is = (key: "name" | "run_id", value: string) => ({
      conditions: [{ ...attribute, type: "text" as const, key, op: "=" as const, value }],
    });
    expect(await page({})).toSatisfy(walkOfAPage);
    expect(await page(is("name", "model-010000"))).toBe(3);
    expect(await page(is("run_id", "x"))).toBe(0);
  });
});
