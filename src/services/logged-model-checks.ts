import { randomUUIDv7 } from "node:crypto";
import { invalid, type LoggiaError, notFound } from "../errors.ts";
import type { KeyValue } from "../store/run-data.ts";
import { missing } from "./context.ts";
import { checkText } from "./names.ts";
import { pythonString } from "./python-text.ts";

/** The ids of logged models, and the limits of what clients say about them (MLflow 3.17). Lengths are in code points. */

const longestKey = 250;
const longestParam = 6000;
const longestTag = 8000;
const longestDatasetName = 500;
const longestDatasetDigest = 36;

/** A new model's id: `m-` and a UUID of version 7, so in the order of time, as 32 lower-case hex digits. */
export const newModelId = (): string => `m-${randomUUIDv7().replaceAll("-", "")}`;

/** @returns `id`, fit for a query. @throws RESOURCE_DOES_NOT_EXIST for text that is no model's id. */
export function modelIdText(id: string): string {
  if (!/^m-[0-9a-f]{32}$/.test(id)) throw modelNotFound(id);
  return id;
}

export const modelNotFound = (id: string): LoggiaError => notFound(`Logged model with ID '${id}' not found.`);

/** @throws INVALID_PARAMETER_VALUE for a name that could be read as something else in a `models:/` address. */
export function checkModelName(name: string): void {
  if (name === "" || /[/:.%"']/.test(name))
    throw invalid(
      `Invalid model name (${pythonString(name)}) provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
    );
  checkText("name", name);
}

/** Params with distinct keys: one that is repeated with the same value counts once. @throws INVALID_PARAMETER_VALUE */
export function distinctModelParams(given: readonly KeyValue[]): KeyValue[] {
  const values = new Map<string, string>();
  for (const { key, value } of given) {
    checkKeyValue("params", key, value, longestParam);
    const earlier = values.get(key);
    if (earlier !== undefined && earlier !== value) throw changedParam(key, earlier, value);
    values.set(key, value);
  }
  return Array.from(values, ([key, value]) => ({ key, value }));
}

export const changedParam = (key: string, old: string, value: string): LoggiaError =>
  invalid(
    `Changing param values is not allowed. Param with key=${pythonString(key)} was already logged with value=${pythonString(old)}. Attempted logging new value ${pythonString(value)}.`,
  );

/** Tags with distinct keys: of a repeated key the last. @throws INVALID_PARAMETER_VALUE */
export function distinctModelTags(given: readonly KeyValue[]): KeyValue[] {
  const values = new Map<string, string>();
  for (const { key, value } of given) {
    checkKeyValue("tags", key, value, longestTag);
    values.set(key, value);
  }
  return Array.from(values, ([key, value]) => ({ key, value }));
}

function checkKeyValue(parameter: string, key: string, value: string, longest: number): void {
  if (key === "") throw missing(`${parameter}.key`);
  checkText("key", key, longestKey);
  checkText("value", value, longest);
}

/** The name and digest of a dataset. @throws INVALID_PARAMETER_VALUE */
export function checkDataset(name: string, digest: string): void {
  checkText("dataset_name", name, longestDatasetName);
  checkText("dataset_digest", digest, longestDatasetDigest);
}
