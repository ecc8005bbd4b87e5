/**
 * The filters and order_by of registered-models/search and model-versions/search: MLflow 1.28 (behaviour.md §11), plus
 * what newer MLflow added: `name [NOT] IN (…)`, lists of one, version_number, creation_timestamp.
 */
import { invalid } from "../errors.ts";
import type {
  IntegerAttributeCondition,
  ListAttributeCondition,
  ModelVersionCondition,
  ModelVersionOrder,
  RegisteredModelCondition,
  RegisteredModelOrder,
  RegistryTagCondition,
  TextAttributeCondition,
  TextOp,
} from "./ast.ts";
import { invalidPlainComparator, isNumberOp, isTextOp, listComparator } from "./comparators.ts";
import { identifierText, plainIdentifier, unquotedKey } from "./identifier.ts";
import { parseOrders, refuseDuplicates, withoutDuplicates } from "./order-by.ts";
import { type Clause, parseClauses } from "./parse.ts";
import { shown } from "./text.ts";
import { checkPattern, integerComparison, listValues, numberText, textValue } from "./values.ts";

/**
 * What a registered model must fulfil; `""` is nothing.
 * @throws LoggiaError INVALID_PARAMETER_VALUE with the message of MLflow 1.28 for whatever no MLflow understands
 */
export function parseRegisteredModelFilter(text: string): RegisteredModelCondition[] {
  // MLflow checks every value before any name or comparator.
  const conditions = parseClauses(text, "bare").map((clause): (() => RegisteredModelCondition) => {
    const { kind, key } = plainIdentifier(identifierText(clause));
    if (kind === "tag") return readTag(key, clause);
    return clause.right?.kind === "list" ? readList(key, clause, ["name"]) : readText(key, clause, ["name"]);
  });
  return conditions.map((checked) => checked());
}

/**
 * What a model version must fulfil; `""` is nothing.
 * @throws LoggiaError INVALID_PARAMETER_VALUE with the message of MLflow 1.28 for whatever no MLflow understands
 */
export function parseModelVersionFilter(text: string): ModelVersionCondition[] {
  const conditions = parseClauses(text, "bare").map((clause): (() => ModelVersionCondition) => {
    const { kind, key } = plainIdentifier(identifierText(clause));
    if (kind === "tag") return readTag(key, clause);
    if (key === "version_number") return readVersionNumber(clause);
    return clause.right?.kind === "list"
      ? readList(key, clause, ["name", "run_id"])
      : readText(key, clause, ["name", "run_id", "source_path"]);
  });
  return conditions.map((checked) => checked());
}

const modelOrders = new Map<string, RegisteredModelOrder["key"]>([
  ["name", "name"],
  ["timestamp", "last_updated_timestamp"],
  ["last_updated_timestamp", "last_updated_timestamp"],
  ["creation_timestamp", "creation_timestamp"],
]);

/**
 * The columns that registered models are ordered by, first to last.
 * @throws LoggiaError INVALID_PARAMETER_VALUE, also for a column given twice (500 in MLflow 1.28)
 */
export function parseRegisteredModelOrderBy(items: readonly string[]): RegisteredModelOrder[] {
  const orders = parseOrders(items).map(({ identifier, ascending }): RegisteredModelOrder => {
    const name = orderKey(identifier);
    const key = modelOrders.get(/^timestamp$/i.test(name) ? "timestamp" : name);
    if (key) return { kind: "attribute", key, ascending };
    throw invalid(
      `Invalid order by key '${shown(identifier)}' specified. Valid keys are '{'name', 'timestamp'}'`,
    );
  });
  refuseDuplicates(items, orders);
  return orders;
}

const versionOrders: readonly ModelVersionOrder["key"][] = [
  "creation_timestamp",
  "last_updated_timestamp",
  "name",
  "version_number",
];

/**
 * The columns that model versions are ordered by, first to last, each once. MLflow 1.28 ignores this order_by.
 * @throws LoggiaError INVALID_PARAMETER_VALUE
 */
export function parseModelVersionOrderBy(items: readonly string[]): ModelVersionOrder[] {
  const orders = parseOrders(items).map(({ identifier, ascending }): ModelVersionOrder => {
    const name = orderKey(identifier);
    const key = versionOrders.find((known) => known === name);
    if (key) return { kind: "attribute", key, ascending };
    const keys = versionOrders.map((known) => `'${known}'`).join(", ");
    throw invalid(`Invalid attribute key '${shown(name)}' specified. Valid keys are '{${keys}}'`);
  });
  return withoutDuplicates(orders);
}

const orderKey = (identifier: string) => unquotedKey(identifier.replace(/^attribute\./, ""));

/** 3.x clients find ordinary models by the absence of this tag (behaviour.md §13). */
const PROMPT_TAG = "mlflow.prompt.is_prompt";

function readTag(key: string, clause: Clause): () => RegistryTagCondition {
  const value = textValue(
    present(clause),
    (found) => `Expected a quoted string value for tag (e.g. 'my-value'). Got value ${found}`,
  );
  return () => {
    const op = textComparator("tag", clause.op, value);
    const notPrompt = (op === "=" && value === "false") || (op === "!=" && value === "true");
    return { kind: "tag", key, op, value, matchesAbsent: key === PROMPT_TAG && notPrompt };
  };
}

function readText<Key extends string>(
  name: string,
  clause: Clause,
  keys: readonly Key[],
): () => TextAttributeCondition<Key> {
  const value = textValue(
    present(clause),
    (found) =>
      `Expected a quoted string value or a list of quoted string values for attributes. Got value ${found}`,
  );
  return () => {
    const key = keys.find((known) => known === name);
    if (!key) throw invalid(`Invalid attribute name: ${shown(name)}`);
    return { kind: "attribute", type: "text", key, op: textComparator("attribute", clause.op, value), value };
  };
}

function readList<Key extends string>(
  name: string,
  clause: Clause,
  keys: readonly Key[],
): () => ListAttributeCondition<Key> {
  const values = listValues(present(clause));
  const key = keys.find((known) => known === name);
  if (!key && name !== "run_id") {
    throw invalid("Only run_id attribute support compare with a list of quoted string values.");
  }
  return () => {
    if (!key) throw invalid(`Invalid attribute name: ${shown(name)}`);
    return { kind: "attribute", type: "list", key, op: listComparator(clause.op), values };
  };
}

function readVersionNumber(clause: Clause): () => IntegerAttributeCondition<"version_number"> {
  const decimal = numberText(
    present(clause),
    (found) => `Expected numeric value type for numeric attribute: version_number. Found ${found}`,
  );
  return () => {
    if (!isNumberOp(clause.op)) throw invalidPlainComparator("attribute", clause.op);
    const comparison = integerComparison(clause.op, decimal);
    return { kind: "attribute", type: "integer", key: "version_number", ...comparison };
  };
}

/** The right side, which only IS [NOT] NULL lacks; the registry does not know that. */
function present({ left, op, right }: Clause) {
  if (right) return right;
  throw invalid(`Invalid clause(s) in filter string: ${shown(left.text)} ${op}`);
}

function textComparator(kind: "tag" | "attribute", op: string, value: string): TextOp {
  if (!isTextOp(op)) throw invalidPlainComparator(kind, op);
  checkPattern(op, value);
  return op;
}
