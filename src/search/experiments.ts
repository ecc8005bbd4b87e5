/**
 * The filter and order_by of experiments/search: MLflow 1.28 (behaviour.md §5), plus what newer MLflow added: the
 * attributes experiment_id, creation_time and last_update_time, `experiment_id [NOT] IN (…)`, `IS [NOT] NULL` of tags,
 * and comparators in any case.
 */
import { invalid } from "../errors.ts";
import type {
  ExperimentCondition,
  ExperimentIntegerAttribute,
  ExperimentOrder,
  ExperimentTextAttribute,
} from "./ast.ts";
import { invalidPlainComparator, isNumberOp, isPresenceOp, isTextOp, listComparator } from "./comparators.ts";
import { identifierText, plainIdentifier } from "./identifier.ts";
import { parseOrders, withoutDuplicates } from "./order-by.ts";
import { type Clause, parseClauses } from "./parse.ts";
import { shown } from "./text.ts";
import { checkPattern, integerComparison, listValues, numberText, textValue } from "./values.ts";

type Attribute =
  | { type: "text"; key: ExperimentTextAttribute }
  | { type: "integer"; key: ExperimentIntegerAttribute };

const attributes = new Map<string, Attribute>([
  ["name", { type: "text", key: "name" }],
  ["experiment_id", { type: "text", key: "experiment_id" }],
  ["creation_time", { type: "integer", key: "creation_time" }],
  ["last_update_time", { type: "integer", key: "last_update_time" }],
]);

/**
 * What an experiment must fulfil; `""` is nothing.
 * @throws LoggiaError INVALID_PARAMETER_VALUE with the message of MLflow 1.28 for whatever no MLflow understands
 */
export function parseExperimentFilter(text: string): ExperimentCondition[] {
  // MLflow checks every identifier and value before any comparator.
  const conditions = parseClauses(text, "bare").map(readClause);
  return conditions.map((checked) => checked());
}

/**
 * The columns that experiments are ordered by, first to last, each once.
 * @throws LoggiaError INVALID_PARAMETER_VALUE
 */
export function parseExperimentOrderBy(items: readonly string[]): ExperimentOrder[] {
  const orders = parseOrders(items).map(({ identifier, ascending }): ExperimentOrder => {
    const { kind, key } = plainIdentifier(identifier);
    if (kind === "tag") throw invalid("Invalid order_by entity: tag");
    return { kind, key: attribute(key, "('name', 'experiment_id')").key, ascending };
  });
  return withoutDuplicates(orders);
}

function attribute(key: string, keys: string): Attribute {
  const known = attributes.get(key);
  if (known) return known;
  throw invalid(`Invalid attribute key '${shown(key)}' specified. Valid keys are '${keys}'`);
}

function readClause(clause: Clause): () => ExperimentCondition {
  const { kind, key } = plainIdentifier(identifierText(clause));
  return kind === "tag" ? readTag(key, clause) : readAttribute(key, clause);
}

function readTag(key: string, { op, right }: Clause): () => ExperimentCondition {
  if (!right) {
    if (!isPresenceOp(op)) throw invalidPlainComparator("tag", op);
    return () => ({ kind: "tag", key, op });
  }
  const value = textValue(
    right,
    (found) => `Expected a quoted string value for tag (e.g. 'my-value'). Got value ${found}`,
  );
  return () => {
    if (!isTextOp(op)) throw invalidPlainComparator("tag", op);
    checkPattern(op, value);
    return { kind: "tag", key, op, value };
  };
}

function readAttribute(name: string, { op, right }: Clause): () => ExperimentCondition {
  const { type, key } = attribute(name, "('name',)");
  if (!right) {
    throw invalid(`IS NULL / IS NOT NULL is only supported for tags, not for attribute '${shown(name)}'`);
  }
  if (type === "integer") {
    const decimal = numberText(
      right,
      (found) => `Expected numeric value type for numeric attribute: ${name}. Found ${found}`,
    );
    return () => {
      if (!isNumberOp(op)) throw invalidPlainComparator("attribute", op);
      return { kind: "attribute", type, key, ...integerComparison(op, decimal) };
    };
  }
  if (key === "experiment_id" && right.kind === "list") {
    const values = listValues(right);
    return () => ({ kind: "attribute", type: "list", key, op: listComparator(op), values });
  }
  const value = textValue(
    right,
    (found) => `Expected a quoted string value for attributes. Got value ${found}`,
  );
  return () => {
    if (!isTextOp(op)) throw invalidPlainComparator("attribute", op);
    checkPattern(op, value);
    return { kind: "attribute", type, key, op, value };
  };
}
