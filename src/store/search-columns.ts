import { type SqlBool, sql } from "kysely";
import type { RunCondition } from "../search/ast.ts";
import { textArray } from "./array-literals.ts";
import { compareNumbers, compareTexts, type Sql } from "./search-facts.ts";

type AttributeCondition = Extract<RunCondition, { kind: "attribute" }>;

/** The condition on a column of the run `r`; undefined for those that are facts (search-facts.ts). */
export function columnCondition(condition: AttributeCondition): Sql<SqlBool> | undefined {
  if (condition.type === "integer")
    return compareNumbers(sql.id("r", condition.key), condition.op, condition.value);
  if (condition.type === "list") return runIdAmong(condition.op === "IN", condition.values);
  const { key, op, value } = condition;
  if (key === "run_name") return undefined;
  if (key !== "run_id") return compareTexts(sql.id("r", key), op, value);
  return op === "LIKE" || op === "ILIKE"
    ? compareTexts(runIdText, op, value)
    : runIdAmong(op === "=", [value]);
}

// Run ids are 32 hex digits to callers and uuid to Postgres, which takes that form but prints dashes.
const runIdText = sql<string>`replace(r.run_id::text, '-', '')`;

function runIdAmong(wanted: boolean, values: readonly string[]): Sql<SqlBool> {
  // Other text is no run's id.
  const ids = textArray(values.filter((text) => /^[0-9a-f]{32}$/.test(text)));
  return wanted ? sql`r.run_id = any(${ids}::uuid[])` : sql`r.run_id <> all(${ids}::uuid[])`;
}
