import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescMethod,
  getOption,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import type { ServiceImplSpec } from "@connectrpc/connect";
import type { FastifyInstance } from "fastify";
import { type HttpEndpoint, rpc } from "../../gen/mlflow/databricks_pb.js";
import { catalogue } from "../errors.ts";
import { artifactArchivePath } from "./artifact-archive.ts";
import { artifactFilePaths } from "./artifacts.ts";
import { auditExportPath } from "./audit-export.ts";
import { exportPaths } from "./exports.ts";
import { jobWebhookPath } from "./job-webhook.ts";
import { bulkHistoryPaths } from "./metric-history-bulk.ts";
import { oauthTokenPath } from "./oauth-token.ts";
import { oidcSignInPaths } from "./oidc-sign-in.ts";
import { serverInfoPath } from "./server-info.ts";

/** Routes that are no RPCs; what OpenAPI says of each stands beside it. */
const others: Record<string, JsonObject> = {
  ...oauthTokenPath,
  ...jobWebhookPath,
  ...artifactFilePaths,
  ...artifactArchivePath,
  ...auditExportPath,
  ...bulkHistoryPaths,
  ...exportPaths,
  ...oidcSignInPaths,
  ...serverInfoPath,
};

/** Serves the OpenAPI 3.1 description of the REST mount at `/openapi.json`. */
export function mountOpenApi(
  app: FastifyInstance,
  services: readonly ServiceImplSpec[],
  version: string,
): void {
  let text: string | undefined;
  app.get("/openapi.json", (_request, reply) => {
    text ??= JSON.stringify(openApi(services, version, (url) => app.hasRoute({ method: "GET", url })));
    return reply.header("content-type", "application/json").send(text);
  });
}

/**
 * The description, derived from the descriptors from which the routes are: it cannot fall behind them. What is no RPC is described
 * beside its route. Left out are pages, what tells of the server's health, and this document (test/api/openapi.test.ts).
 * @param isThere whether a route is, of those that a server may be without.
 */
export function openApi(
  services: readonly ServiceImplSpec[],
  version: string,
  isThere: (path: string) => boolean = () => true,
): JsonObject {
  const schemas: JsonObject = { Error: errorSchema() };
  const absent = Object.keys(oidcSignInPaths).filter((path) => !isThere(path));
  const paths: Record<string, JsonObject> = Object.fromEntries(
    Object.entries(others).filter(([path]) => !absent.includes(path)),
  );
  for (const { service, methods } of services) {
    for (const { method } of Object.values(methods)) {
      getOption(method, rpc).endpoints.forEach((endpoint, i) => {
        const path = pathOf(endpoint);
        const verb = endpoint.method.toLowerCase();
        paths[path] = {
          ...paths[path],
          [verb]: {
            operationId: `${service.name}_${method.name}${i === 0 ? "" : `_${i + 1}`}`,
            tags: [service.name],
            ...operation(method, endpoint, schemas),
          },
        };
      });
    }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Loggia",
      version,
      description: "MLflow's REST API. Each path is also below /api/v4/projects/{project}/ml/mlflow.",
    },
    servers: [
      { url: "/", description: "The default project" },
      {
        url: "/api/v4/projects/{project}/ml/mlflow",
        description: "A project by its id or its URL-encoded path",
        variables: { project: { default: "default" } },
      },
    ],
    paths,
    components: { schemas },
  };
}

/** OpenAPI has no parameter that spans slashes; Flask's `<path:x>` is described as one that may hold them. */
const pathOf = ({ since, path }: HttpEndpoint) =>
  `/api/${since?.major}.${since?.minor}${path.replace(/<path:(\w+)>/g, "{$1}")}`;

function operation(method: DescMethod, endpoint: HttpEndpoint, schemas: JsonObject): JsonObject {
  const path = pathOf(endpoint);
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
  const isBytes = endpoint.path.includes("<path:");
  const hasBody = endpoint.method !== "GET" && !isBytes;
  const parameters: JsonObject[] = inPath.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  if (!hasBody)
    for (const field of method.input.fields)
      if (!inPath.includes(field.name))
        parameters.push({ name: field.name, in: "query", schema: schemaOf(field, schemas) });
  const bytes = { "application/octet-stream": {} };
  const answer =
    isBytes && endpoint.method === "GET"
      ? bytes
      : { "application/json": { schema: messageSchema(method.output, schemas) } };
  return {
    ...(parameters.length > 0 && { parameters }),
    ...(hasBody && {
      requestBody: { content: { "application/json": { schema: messageSchema(method.input, schemas) } } },
    }),
    ...(isBytes && endpoint.method === "PUT" && { requestBody: { required: true, content: bytes } }),
    responses: {
      "200": { description: "Success", content: answer },
      default: {
        description: "Failure",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    },
  };
}

/** A reference to the message's schema, which is added when it is not there yet. */
function messageSchema(desc: DescMessage, schemas: JsonObject): JsonObject {
  const name = desc.typeName;
  if (schemas[name] === undefined) {
    const properties: JsonObject = {};
    schemas[name] = { type: "object", properties };
    for (const field of desc.fields.toSorted((a, b) => a.number - b.number))
      properties[field.name] = schemaOf(field, schemas);
  }
  return { $ref: `#/components/schemas/${name}` };
}

function schemaOf(field: DescField, schemas: JsonObject): JsonObject {
  const item =
    field.message !== undefined
      ? messageSchema(field.message, schemas)
      : field.enum !== undefined
        ? enumSchema(field.enum)
        : scalarSchema(field.scalar);
  if (field.fieldKind === "list") return { type: "array", items: item };
  const defaultValue = defaultOf(field);
  return defaultValue === undefined ? item : { ...item, default: defaultValue };
}

function defaultOf(field: DescField): JsonValue | undefined {
  if (field.fieldKind !== "scalar" && field.fieldKind !== "enum") return undefined;
  const value = field.getDefaultValue();
  if (value === undefined || value instanceof Uint8Array) return undefined;
  if (field.fieldKind === "enum") return field.enum.value[Number(value)]?.name;
  return typeof value === "bigint" ? Number(value) : value;
}

const enumSchema = (desc: DescEnum): JsonObject => ({
  type: "string",
  enum: desc.values.map((value) => value.name),
});

function scalarSchema(type: ScalarType | undefined): JsonObject {
  switch (type) {
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.INT32:
      return { type: "integer", format: "int32" };
    case ScalarType.INT64:
      return { type: "integer", format: "int64" };
    default:
      return { anyOf: [{ type: "number" }, { type: "string", enum: ["NaN", "Infinity", "-Infinity"] }] };
  }
}

const errorSchema = (): JsonObject => ({
  type: "object",
  properties: {
    error_code: { type: "string", enum: Object.keys(catalogue) },
    message: { type: "string" },
  },
  required: ["error_code", "message"],
});
