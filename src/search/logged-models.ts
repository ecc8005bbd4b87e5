/** The filter and order of logged-models/search, which MLflow 3 clients send (behaviour.md §13, client3-extras.json). */
import { invalid } from "../errors.ts";
import type {
  LoggedModelCondition,
  LoggedModelIntegerAttribute,
  LoggedModelOrder,
  LoggedModelTextAttribute,
  TextOp,
} from "./ast.ts";
import { isNumberOp, isTextOp, listComparator } from "./comparators.ts";
import { identifierText, loggedModelIdentifier } from "./identifier.ts";
import type { Operand } from "./operands.ts";
import { type Clause, parseClauses } from "./parse.ts";
import { checkText, MAX_ORDERS, shown } from "./text.ts";
import { checkPattern, integerComparison, listValues, numberText, textValue } from "./values.ts";

type Attribute =
  | { type: "text"; key: LoggedModelTextAttribute }
  | { type: "integer"; key: LoggedModelIntegerAttribute };

const attributes = new Map<string, Attribute>([
  ["model_id", { type: "text", key: "model_id" }],
  ["name", { type: "text", key: "name" }],
  ["model_type", { type: "text", key: "model_type" }],
  ["source_run_id", { type: "text", key: "source_run_id" }],
  ["status", { type: "text", key: "status" }],
  ["artifact_uri", { type: "text", key: "artifact_uri" }],
  ["experiment_id", { type: "text", key: "experiment_id" }],
  ["creation_time", { type: "integer", key: "creation_timestamp" }],
  ["creation_timestamp", { type: "integer", key: "creation_timestamp" }],
  ["creation_timestamp_ms", { type: "integer", key: "creation_timestamp" }],
  ["last_updated_timestamp", { type: "integer", key: "last_updated_timestamp" }],
  ["last_updated_timestamp_ms", { type: "integer", key: "last_updated_timestamp" }],
]);

/**
 * What a logged model must fulfil; `""` is nothing.
 * @throws LoggiaError INVALID_PARAMETER_VALUE
 */
export function parseLoggedModelFilter(text: string): LoggedModelCondition[] {
  return parseClauses(text, "quoted").map(readClause);
}

/** An item of SearchLoggedModels.order_by; an absent text may be "". */
export interface LoggedModelOrderItem {
  fieldName?: string;
  ascending?: boolean;
  datasetName?: string;
  datasetDigest?: string;
}

/**
 * The columns that logged models are ordered by, first to last: attributes and, as `metrics.<key>`, metrics.
 * @throws LoggiaError INVALID_PARAMETER_VALUE
 */
export function parseLoggedModelOrderBy(items: readonly LoggedModelOrderItem[]): LoggedModelOrder[] {
  if (items.length > MAX_ORDERS) {
    throw invalid(`Invalid order_by: it must have at most ${MAX_ORDERS} items, but has ${items.length}.`);
  }
  return items.map(readOrder);
}

function readOrder(item: LoggedModelOrderItem): LoggedModelOrder {
  const { fieldName = "", ascending = true, datasetName: name = "", datasetDigest: digest = "" } = item;
  for (const text of [fieldName, name, digest]) checkText("order_by", text);
  if (fieldName.startsWith("metrics.")) {
    const { key } = loggedModelIdentifier(fieldName);
    if (name === "") return { kind: "metric", key, ascending };
    return { kind: "metric", key, ascending, dataset: digest === "" ? { name } : { name, digest } };
  }
  const known = attributes.get(fieldName);
  if (known) return { kind: "attribute", key: known.key, ascending };
  const hint = fieldName.includes(".") ? ". Only metrics are supported." : "";
  throw invalid(`Invalid order by field name: ${shown(fieldName)}${hint}`);
}

function readClause(clause: Clause): LoggedModelCondition {
  const identifier = identifierText(clause);
  const { kind, key } = loggedModelIdentifier(identifier);
  const { op, right } = clause;
  if (!right) throw comparatorError(identifier, op, textOps);
  if (kind === "metric") {
    if (!isNumberOp(op)) throw comparatorError(identifier, op, numberOps);
    const decimal = numberText(right, (found) => `Expected numeric value type for metric. Found ${found}`);
    return { kind, key, op, value: Number(decimal) };
  }
  if (kind === "attribute") return readAttribute(identifier, key, op, right);
  if (right.kind === "list") return { kind, key, op: listComparator(op), values: listValues(right) };
  return { kind, key, ...readText(identifier, op, right) };
}

function readAttribute(identifier: string, name: string, op: string, right: Operand): LoggedModelCondition {
  const known = attributes.get(name);
  if (!known) {
    const keys = [...attributes.keys()].map((key) => `'${key}'`).join(", ");
    throw invalid(`Invalid attribute key '${shown(name)}' specified. Valid keys are [${keys}]`);
  }
  if (known.type === "integer") {
    if (!isNumberOp(op)) throw comparatorError(identifier, op, numberOps);
    const decimal = numberText(
      right,
      (found) => `Expected numeric value type for numeric attribute: ${name}. Found ${found}`,
    );
    return { kind: "attribute", type: "integer", key: known.key, ...integerComparison(op, decimal) };
  }
  if (right.kind === "list") {
    const values = listValues(right);
    return { kind: "attribute", type: "list", key: known.key, op: listComparator(op), values };
  }
  return { kind: "attribute", type: "text", key: known.key, ...readText(identifier, op, right) };
}

function readText(identifier: string, op: string, right: Operand): { op: TextOp; value: string } {
  if (!isTextOp(op)) throw comparatorError(identifier, op, textOps);
  const value = textValue(
    right,
    (found) => `Expected a quoted string value for ${shown(identifier)}. Got value ${found}`,
  );
  checkPattern(op, value);
  return { op, value };
}

const numberOps = "('<', '<=', '>', '>=', '=', '!=')";
const textOps = "('=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN')";

/** In the words of MLflow 3. */
const comparatorError = (identifier: string, op: string, expected: string) =>
  invalid(
    `Invalid comparison operator for ${shown(identifier)}: '${shown(op)}'. Expected one of ${expected}.`,
  );
