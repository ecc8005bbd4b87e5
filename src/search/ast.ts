/**
 * What a filter or an order_by means, after every check: the store needs no further validation. A filter is a list of
 * conditions that all must hold; aliases are resolved (`params.a` and `parameter.a` are one, `Created` is
 * `start_time`) and numbers are in the type of their column.
 */

/** Comparators of numbers. */
export type NumberOp = "=" | "!=" | ">" | ">=" | "<" | "<=";
/** Comparators of text; `%` and `_` are wildcards, `\` escapes, and no pattern ends in a lone `\`. */
export type TextOp = "=" | "!=" | "LIKE" | "ILIKE";
/** Whether a param or tag exists at all. */
export type PresenceOp = "IS NULL" | "IS NOT NULL";
/** Membership in a list of texts. */
export type ListOp = "IN" | "NOT IN";

/** The latest value of a metric. `value` is finite or ±Infinity (`1e400`), never NaN. */
export interface MetricCondition {
  kind: "metric";
  key: string;
  op: NumberOp;
  value: number;
}

/** The text of a param or tag. Only what has the key can match, also with `!=`. */
export interface KeyedTextCondition<Kind extends "param" | "tag"> {
  kind: Kind;
  key: string;
  op: TextOp;
  value: string;
}

/** Whether the entity has the param or tag. */
export interface PresenceCondition<Kind extends "param" | "tag"> {
  kind: Kind;
  key: string;
  op: PresenceOp;
}

export type ParamCondition = KeyedTextCondition<"param"> | PresenceCondition<"param">;
export type TagCondition = KeyedTextCondition<"tag"> | PresenceCondition<"tag">;

/**
 * The text of a tag of a registered model or of a model version. With `matchesAbsent`, what does not have the tag
 * matches too: 3.x clients ask for ordinary models with ``tag.`mlflow.prompt.is_prompt` != 'true'`` (behaviour.md §13).
 */
export interface RegistryTagCondition extends KeyedTextCondition<"tag"> {
  matchesAbsent: boolean;
}

/** A text column of the entity. */
export interface TextAttributeCondition<Key extends string> {
  kind: "attribute";
  type: "text";
  key: Key;
  op: TextOp;
  value: string;
}

/**
 * An int64 column of the entity. `value` always fits int64: fractions and larger numbers were rewritten to an
 * equivalent comparison (`> 150.5` is `> 150`; `= 150.5`, which nothing equals, is `> 9223372036854775807`).
 */
export interface IntegerAttributeCondition<Key extends string> {
  kind: "attribute";
  type: "integer";
  key: Key;
  op: NumberOp;
  value: bigint;
}

/** A text column of the entity among listed values; `values` is not empty. */
export interface ListAttributeCondition<Key extends string> {
  kind: "attribute";
  type: "list";
  key: Key;
  op: ListOp;
  values: readonly string[];
}

export type RunTextAttribute = "status" | "artifact_uri" | "run_id" | "run_name" | "user_id";
/** `duration`: milliseconds from the start to the end; what has not ended satisfies nothing about it, not even `!=`. */
export type RunIntegerAttribute = "start_time" | "end_time" | "duration";
export type RunCondition =
  | MetricCondition
  | ParamCondition
  | TagCondition
  | TextAttributeCondition<RunTextAttribute>
  | IntegerAttributeCondition<RunIntegerAttribute>
  | ListAttributeCondition<"run_id">;

export type ExperimentTextAttribute = "name" | "experiment_id";
export type ExperimentIntegerAttribute = "creation_time" | "last_update_time";
/** Experiment ids are compared as their decimal text. */
export type ExperimentCondition =
  | TagCondition
  | TextAttributeCondition<ExperimentTextAttribute>
  | IntegerAttributeCondition<ExperimentIntegerAttribute>
  | ListAttributeCondition<"experiment_id">;

export type RegisteredModelCondition =
  | RegistryTagCondition
  | TextAttributeCondition<"name">
  | ListAttributeCondition<"name">;

export type ModelVersionTextAttribute = "name" | "run_id" | "source_path";
export type ModelVersionCondition =
  | RegistryTagCondition
  | TextAttributeCondition<ModelVersionTextAttribute>
  | IntegerAttributeCondition<"version_number">
  | ListAttributeCondition<"name" | "run_id">;

export type LoggedModelTextAttribute =
  | "model_id"
  | "name"
  | "model_type"
  | "source_run_id"
  | "status"
  | "artifact_uri"
  | "experiment_id";
/** A param or tag of a logged model among listed values; only what has the key can match. */
export interface KeyedListCondition<Kind extends "param" | "tag"> {
  kind: Kind;
  key: string;
  op: ListOp;
  values: readonly string[];
}

export type LoggedModelIntegerAttribute = "creation_timestamp" | "last_updated_timestamp";
export type LoggedModelCondition =
  | MetricCondition
  | KeyedTextCondition<"param">
  | KeyedTextCondition<"tag">
  | KeyedListCondition<"param">
  | KeyedListCondition<"tag">
  | TextAttributeCondition<LoggedModelTextAttribute>
  | IntegerAttributeCondition<LoggedModelIntegerAttribute>
  | ListAttributeCondition<LoggedModelTextAttribute>;

/** One column of an order; no two orders of a list have the same kind and key. Missing values come last. */
export type RunOrder =
  | { kind: "metric" | "param" | "tag"; key: string; ascending: boolean }
  | { kind: "attribute"; key: RunTextAttribute | RunIntegerAttribute; ascending: boolean };

export interface ExperimentOrder {
  kind: "attribute";
  key: ExperimentTextAttribute | ExperimentIntegerAttribute;
  ascending: boolean;
}

/** `timestamp` of 1.28 is `last_updated_timestamp` here. */
export interface RegisteredModelOrder {
  kind: "attribute";
  key: "name" | "creation_timestamp" | "last_updated_timestamp";
  ascending: boolean;
}

export interface ModelVersionOrder {
  kind: "attribute";
  key: "name" | "version_number" | "creation_timestamp" | "last_updated_timestamp";
  ascending: boolean;
}

/** `dataset` narrows a metric to the values logged for that dataset. */
export type LoggedModelOrder =
  | { kind: "metric"; key: string; ascending: boolean; dataset?: { name: string; digest?: string } }
  | {
      kind: "attribute";
      key: LoggedModelTextAttribute | LoggedModelIntegerAttribute;
      ascending: boolean;
    };
