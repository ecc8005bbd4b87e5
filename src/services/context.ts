import type { HandlerContext } from "@connectrpc/connect";
import { projectKey } from "../auth/context-keys.ts";
import { invalid } from "../errors.ts";

/** The id of the project the call is about. */
export const project = (ctx: HandlerContext): bigint => ctx.values.get(projectKey);

/**
 * Whether the request came in a query string. MLflow 1.28 then makes no schema check (behaviour.md §1); what it refuses all
 * the same, it refuses later and in other words.
 */
export const inQuery = ({ requestMethod, url }: HandlerContext): boolean =>
  requestMethod === "GET" && url.includes("?");

/**
 * The value of the first of `names` that the request sets: MLflow reads `run_uuid` where `run_id` is absent
 * (behaviour.md §2). `names` are proto field names.
 * @throws INVALID_PARAMETER_VALUE when none is set, or the one that is set is the empty string.
 */
export function required<T extends object>(request: T, name: string, ...alternatives: string[]): string {
  for (const field of [name, ...alternatives]) {
    const value: unknown = Object.hasOwn(request, localName(field))
      ? request[localName(field) as keyof T]
      : undefined;
    if (value === undefined) continue;
    if (value === "") break;
    return String(value);
  }
  throw missing(name);
}

/** The error for a required parameter that is absent, null or "". */
export const missing = (name: string) =>
  invalid(
    `Missing value for required parameter '${name}'. See the API docs for more information about request parameters.`,
  );

// Few names, asked for by every call.
const localNames = new Map<string, string>();

function localName(field: string): string {
  let name = localNames.get(field);
  if (name === undefined) {
    name = field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    localNames.set(field, name);
  }
  return name;
}
