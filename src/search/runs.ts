/**
 * The filter and order_by of runs/search: MLflow 1.28 (behaviour.md §9), plus what newer MLflow added: the attributes
 * run_id, run_name, user_id and end_time, bare attributes, `run_id [NOT] IN (…)` and `IS [NOT] NULL`. `duration` is ours.
 */
import { invalid } from "../errors.ts";
import type { RunCondition, RunIntegerAttribute, RunOrder, RunTextAttribute } from "./ast.ts";
import { invalidRunComparator, isNumberOp, isPresenceOp, isTextOp, listComparator } from "./comparators.ts";
import { identifierText, type Kind, runIdentifier } from "./identifier.ts";
import { parseOrders, refuseDuplicates } from "./order-by.ts";
import { type Clause, parseClauses } from "./parse.ts";
import { inFilter, inOrder } from "./place.ts";
import { shown } from "./text.ts";
import { checkPattern, integerComparison, listValues, numberText, textValue } from "./values.ts";

type Attribute = { type: "text"; key: RunTextAttribute } | { type: "integer"; key: RunIntegerAttribute };

const attributes = new Map<string, Attribute>([
  ["status", { type: "text", key: "status" }],
  ["artifact_uri", { type: "text", key: "artifact_uri" }],
  ["run_id", { type: "text", key: "run_id" }],
  ["run_name", { type: "text", key: "run_name" }],
  ["run name", { type: "text", key: "run_name" }],
  ["Run name", { type: "text", key: "run_name" }],
  ["Run Name", { type: "text", key: "run_name" }],
  ["user_id", { type: "text", key: "user_id" }],
  ["start_time", { type: "integer", key: "start_time" }],
  ["created", { type: "integer", key: "start_time" }],
  ["Created", { type: "integer", key: "start_time" }],
  ["end_time", { type: "integer", key: "end_time" }],
  ["duration", { type: "integer", key: "duration" }],
]);

/**
 * What a run must fulfil; `""` is nothing.
 * @throws LoggiaError INVALID_PARAMETER_VALUE with the message of MLflow 1.28 for whatever no MLflow understands
 */
export function parseRunFilter(text: string): RunCondition[] {
  // MLflow checks every identifier and value before any comparator.
  const conditions = parseClauses(text, "quoted").map((clause) => {
    const { op, right } = clause.spans;
    const checked = inFilter(text, right, () => readClause(text, clause));
    return () => inFilter(text, op, checked);
  });
  return conditions.map((checked) => checked());
}

/**
 * The columns that runs are ordered by, first to last; `["metrics.m DESC", "start_time"]`.
 * @throws LoggiaError INVALID_PARAMETER_VALUE, also for a column given twice (500 in MLflow 1.28)
 */
export function parseRunOrderBy(items: readonly string[]): RunOrder[] {
  const orders = parseOrders(items).map(
    ({ identifier, ascending }, item): RunOrder =>
      inOrder(item, items[item] ?? "", () => {
        const { kind, key } = runIdentifier(identifier, (name) => attributes.has(name));
        if (kind !== "attribute") return { kind, key, ascending };
        const keys = "{'artifact_uri', 'end_time', 'start_time', 'status'}";
        return { kind, key: attribute(key, keys).key, ascending };
      }),
  );
  refuseDuplicates(items, orders);
  return orders;
}

function attribute(key: string, keys: string): Attribute {
  const known = attributes.get(key);
  if (known) return known;
  throw invalid(`Invalid attribute key '${shown(key)}' specified. Valid keys are '${keys}'`);
}

function readClause(text: string, clause: Clause): () => RunCondition {
  const { kind, key } = inFilter(text, clause.spans.left, () => {
    const found = runIdentifier(identifierText(clause), (name) => attributes.has(name));
    if (found.kind === "attribute") attribute(found.key, "{'artifact_uri', 'start_time', 'status'}");
    return found;
  });
  switch (kind) {
    case "attribute":
      return readAttribute(key, clause);
    case "metric":
      return readMetric(key, clause);
    default:
      return readKeyedText(kind, key, clause);
  }
}

function readMetric(key: string, { op, right }: Clause): () => RunCondition {
  if (!right) throw noPresence("metric", key);
  const value = Number(
    numberText(right, (found) => `Expected numeric value type for metric. Found ${found}`),
  );
  return () => {
    if (!isNumberOp(op)) throw invalidRunComparator("metric", op);
    return { kind: "metric", key, op, value };
  };
}

function readKeyedText(kind: "param" | "tag", key: string, { op, right }: Clause): () => RunCondition {
  if (!right) {
    if (!isPresenceOp(op)) throw invalidRunComparator(kind, op);
    return () => ({ kind, key, op });
  }
  const name = kind === "param" ? "parameter" : "tag";
  const value = textValue(
    right,
    (found) => `Expected a quoted string value for ${name} (e.g. 'my-value'). Got value ${found}`,
  );
  return () => {
    if (!isTextOp(op)) throw invalidRunComparator(kind, op);
    checkPattern(op, value);
    return { kind, key, op, value };
  };
}

function readAttribute(name: string, { op, right }: Clause): () => RunCondition {
  const { type, key } = attribute(name, "{'artifact_uri', 'start_time', 'status'}");
  if (!right) throw noPresence("attribute", name);
  if (type === "integer") {
    const decimal = numberText(
      right,
      (found) => `Expected numeric value type for numeric attribute: ${name}. Found ${found}`,
    );
    return () => {
      if (!isNumberOp(op)) throw invalidRunComparator("attribute", op);
      return { kind: "attribute", type, key, ...integerComparison(op, decimal) };
    };
  }
  if (key === "run_id" && right.kind === "list") {
    const values = listValues(right);
    return () => ({ kind: "attribute", type: "list", key, op: listComparator(op), values });
  }
  const value = textValue(
    right,
    (found) => `Expected a quoted string value for attributes. Got value ${found}`,
  );
  return () => {
    if (!isTextOp(op)) throw invalidRunComparator("attribute", op);
    checkPattern(op, value);
    return { kind: "attribute", type, key, op, value };
  };
}

const noPresence = (kind: Kind, key: string) =>
  invalid(`IS NULL / IS NOT NULL is only supported for tags and params, not for '${kind}' '${shown(key)}'`);
