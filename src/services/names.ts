import { invalid } from "../errors.ts";

/** The limits and name rules of behaviour.md §4, with MLflow 1.28's sentences. Lengths are in Unicode code points. */

const nameCharacters = /^[/\p{L}\p{N}_.\- ]*$/u;

const longestKey = 250;
const longestParam = 500;
const longestTag = 5000;
/** MLflow's column width for names of experiments and models, for locations and for users. */
const longestName = 256;

/** @throws INVALID_PARAMETER_VALUE */
export function checkMetricName(key: string): void {
  checkName("metric", key);
  checkLength("Metric name", key, longestKey);
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkParam(key: string, value: string): void {
  checkName("parameter", key);
  checkLength("Param key", key, longestKey);
  checkLength("Param value", value, longestParam);
  checkStorable("value", value);
}

/** Of a run or an experiment. @throws INVALID_PARAMETER_VALUE */
export function checkTag(key: string, value: string): void {
  checkName("tag", key);
  checkLength("Tag key", key, longestKey);
  checkLength("Tag value", value, longestTag);
  checkStorable("value", value);
}

/** What MLflow 1.28 checks of a registry tag that is deleted: not its length. @throws INVALID_PARAMETER_VALUE */
export function checkTagName(key: string): void {
  checkName("tag", key);
}

/** Of a registered model (`Registered model`) or a version (`Model version`). @throws INVALID_PARAMETER_VALUE */
export function checkRegistryTag(of: "Registered model" | "Model version", key: string, value: string): void {
  checkName("tag", key);
  checkLength(`${of} key`, key, longestKey);
  checkLength(`${of} value`, value, longestTag);
  checkStorable("value", value);
}

/** Free text of the length of a name: an experiment's name, its location, a user. @throws INVALID_PARAMETER_VALUE */
export function checkText(parameter: string, text: string, longest = longestName): void {
  checkLength(`Parameter '${parameter}'`, text, longest);
  checkStorable(parameter, text);
}

/**
 * REST refuses such text when it reads it, naming the parameter; this is for the other protocols.
 * @throws INVALID_PARAMETER_VALUE for text that Postgres cannot hold or UTF-8 cannot write.
 */
export function checkStorable(parameter: string, text: string): void {
  if (text.includes("\0") || !text.isWellFormed())
    throw invalid(`The parameter '${parameter}' holds a NUL character or half of a surrogate pair.`);
}

function checkName(kind: "metric" | "parameter" | "tag", name: string): void {
  if (!nameCharacters.test(name))
    throw invalid(
      `Invalid ${kind} name: '${name}'. Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), and slashes (/).`,
    );
  if (name !== "" && !/[./]/.test(name)) return;
  const resolved = normalPath(name);
  if (resolved !== name || resolved === "." || resolved.startsWith("..") || resolved.startsWith("/"))
    throw invalid(
      `Invalid ${kind} name: '${name}'. Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${resolved}'`,
    );
}

function checkLength(what: string, text: string, longest: number): void {
  if (text.length <= longest) return;
  const points = [...text];
  if (points.length > longest)
    throw invalid(
      `${what} '${points.slice(0, 250).join("")}' had length ${points.length}, which exceeded length limit of ${longest}`,
    );
}

/** Python's posixpath.normpath: two leading slashes stay, three become one, none trails. */
function normalPath(path: string): string {
  const root = /^\/\/(?!\/)/.test(path) ? "//" : path.startsWith("/") ? "/" : "";
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== ".." || (root === "" && (parts.length === 0 || parts.at(-1) === ".."))) parts.push(part);
    else parts.pop();
  }
  return root + parts.join("/") || ".";
}
