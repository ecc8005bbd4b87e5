import { invalid } from "../errors.ts";
import { checkRegistryTag, checkText } from "./names.ts";

/** The limits of the registry's texts (behaviour.md §4, §11). Lengths are in Unicode code points. */

const longestDescription = 5000;
const longestAlias = 255;

/** Any text that is not empty is a model's name. @throws INVALID_PARAMETER_VALUE */
export function checkModelName(name: string): string {
  checkText("name", name);
  return name;
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkDescription(description: string): void {
  checkText("description", description, longestDescription);
}

/** The tags as they are stored; a value that is not set is "". @throws INVALID_PARAMETER_VALUE */
export function checkTags(
  of: "Registered model" | "Model version",
  tags: readonly { key: string; value: string }[],
): { key: string; value: string }[] {
  return tags.map(({ key, value }) => {
    checkRegistryTag(of, key, value);
    return { key, value };
  });
}

/**
 * The rules of MLflow 2 and 3: letters, digits, `_` and `-`; neither `latest` nor `v` and a number, which mean something
 * else in a `models:/` address. @throws INVALID_PARAMETER_VALUE
 */
export function checkAlias(alias: string): string {
  checkText("alias", alias, longestAlias);
  if (!/^[\w-]+$/.test(alias))
    throw invalid(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_) and dashes (-).`,
    );
  if (alias.toLowerCase() === "latest") throw invalid("'latest' alias name (case insensitive) is reserved.");
  if (/^v\d+$/i.test(alias))
    throw invalid(`Version alias name '${alias}' is reserved: 'v' and a number name a version.`);
  return alias;
}
