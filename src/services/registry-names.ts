import type { HandlerContext } from "@connectrpc/connect";
import { invalid } from "../errors.ts";
import type { KeyValue } from "../store/run-data.ts";
import { inQuery, required } from "./context.ts";
import { checkRegistryTag, checkText } from "./names.ts";

/** The limits of the registry's texts (behaviour.md §4, §11). Lengths are in Unicode code points. */

const longestDescription = 5000;
const longestAlias = 255;

/**
 * The model that a request names. Where MLflow 1.28 makes no schema check (behaviour.md §1), it has another sentence for a
 * name that is missing. @throws INVALID_PARAMETER_VALUE
 */
export function namedModel(req: { name: string }, ctx: HandlerContext): string {
  if (inQuery(ctx) && req.name === "") throw noName();
  return required(req, "name");
}

export const noName = () => invalid("Registered model name cannot be empty.");

/** Any text that is not empty is a model's name. @throws INVALID_PARAMETER_VALUE naming `parameter` */
export function checkModelName(parameter: "name" | "new_name", name: string): string {
  checkText(parameter, name);
  return name;
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkDescription(description: string): void {
  checkText("description", description, longestDescription);
}

/** The tag as it is stored; a value that is not set is "". @throws INVALID_PARAMETER_VALUE */
export function checkTag(
  of: "Registered model" | "Model version",
  { key, value }: { key: string; value: string },
): KeyValue {
  checkRegistryTag(of, key, value);
  return { key, value };
}

/** The tags as they are stored: of a repeated key the last counts. @throws INVALID_PARAMETER_VALUE */
export function checkTags(
  of: "Registered model" | "Model version",
  tags: readonly { key: string; value: string }[],
): KeyValue[] {
  return [...new Map(tags.map((tag) => [tag.key, checkTag(of, tag)])).values()];
}

/**
 * The rules of MLflow 2 and 3: letters, digits, `_` and `-`. @throws INVALID_PARAMETER_VALUE
 */
export function checkAlias(alias: string): string {
  checkText("alias", alias, longestAlias);
  if (!/^[\p{L}\p{N}_-]+$/u.test(alias))
    throw invalid(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    );
  return alias;
}

/** Whether the alias, in any case, is the one that MLflow 3 itself gives to the greatest version. */
export const isLatest = (alias: string) => alias.toLowerCase() === "latest";

/**
 * An alias that a caller may set: neither `latest` nor `v` and a number, which mean something else in a `models:/`
 * address. @throws INVALID_PARAMETER_VALUE
 */
export function checkNewAlias(alias: string): string {
  checkAlias(alias);
  if (isLatest(alias)) throw invalid("'latest' alias name (case insensitive) is reserved.");
  if (/^v\d+$/i.test(alias)) throw invalid(`Version alias name '${alias}' is reserved.`);
  return alias;
}
