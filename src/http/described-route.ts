import type { JsonObject } from "@bufbuild/protobuf";

/** A parameter of the query: a text, unless its schema says otherwise. */
interface QueryParameter {
  name: string;
  required?: boolean;
  description?: string;
  schema?: JsonObject;
}

interface DescribedRoute {
  operationId: string;
  tag: string;
  description: string;
  query?: readonly QueryParameter[];
  /** The types of the answer. */
  answers: readonly string[];
}

/** May be given several times. */
export const texts: JsonObject = { type: "array", items: { type: "string" } };

export const flag: JsonObject = { type: "boolean", default: false };

/** A route that is read by GET and is no RPC, as OpenAPI describes it beside those that are. */
export const describedRoute = (
  path: string,
  { operationId, tag, description, query = [], answers }: DescribedRoute,
): Record<string, JsonObject> => ({
  [path]: {
    get: {
      operationId,
      tags: [tag],
      description,
      ...(query.length > 0 && {
        parameters: query.map(({ name, required = false, description, schema = { type: "string" } }) => ({
          name,
          in: "query",
          required,
          ...(description !== undefined && { description }),
          schema,
        })),
      }),
      responses: {
        "200": { description: "Success", content: Object.fromEntries(answers.map((type) => [type, {}])) },
        default: {
          description: "Failure",
          content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
        },
      },
    },
  },
});

/** As `describedRoute`, of a route that answers by sending a browser elsewhere. */
export const describedRedirect = (
  path: string,
  { operationId, tag, description, query = [] }: Omit<DescribedRoute, "answers">,
): Record<string, JsonObject> => {
  const described = describedRoute(path, { operationId, tag, description, query, answers: [] });
  const responses = { "303": { description: "Where to go on; an error is in its query." } };
  return { [path]: { get: { ...(described[path]?.get as JsonObject), responses } } };
};
