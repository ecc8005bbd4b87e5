import { type DescField, type DescMessage, type MessageShape, ScalarType } from "@bufbuild/protobuf";
import { invalid } from "../errors.ts";
import { type Parameters, readParameters } from "./json.ts";

/**
 * Reads a query string by the request's descriptor (behaviour.md §1, the rows on GET): repeated fields as `k=a&k=b`,
 * `k[]=a` or `k[0]=a`; `+` is a space; unknown names are ignored. Checked as a body is, which MLflow 1.28 does not do.
 * @param query what follows the `?`.
 * @throws INVALID_PARAMETER_VALUE for broken percent-encoding, and for a value that its field cannot hold, which two values
 * for one that is not repeated are.
 */
export function parseQuery<D extends DescMessage>(
  desc: D,
  query: string,
  path?: Parameters,
): MessageShape<D> {
  const fields = fieldsOf(desc);
  const values: Record<string, unknown> = {};
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals)).replace(/\[\d*\]$/, "");
    const field = fields.get(name);
    if (field === undefined) continue;
    const value = typed(field, decode(equals < 0 ? "" : pair.slice(equals + 1), name));
    const earlier = values[field.name];
    if (field.fieldKind === "list")
      values[field.name] = Array.isArray(earlier) ? [...earlier, value] : [value];
    else if (earlier === undefined) values[field.name] = value;
    else values[field.name] = Array.isArray(earlier) ? [...earlier, value] : [earlier, value]; // refused below
  }
  return readParameters(desc, { ...values, ...path });
}

/** JSON tells a boolean from text; a query string cannot, and Python's clients write True. */
function typed(field: DescField, text: string): unknown {
  if (field.scalar !== ScalarType.BOOL) return text;
  if (text === "true" || text === "True") return true;
  return text === "false" || text === "False" ? false : text;
}

function decode(text: string, name = text): string {
  if (!/[+%]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw invalid(`The query parameter '${name}' is not percent-encoded UTF-8.`);
  }
}

const fieldMaps = new WeakMap<DescMessage, Map<string, DescField>>();

function fieldsOf(desc: DescMessage): Map<string, DescField> {
  let fields = fieldMaps.get(desc);
  if (fields === undefined) {
    fields = new Map(desc.fields.flatMap((f) => [[f.name, f] as const, [f.jsonName, f] as const]));
    fieldMaps.set(desc, fields);
  }
  return fields;
}
