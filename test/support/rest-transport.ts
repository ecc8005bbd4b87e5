import { create, fromJson, getOption, type JsonObject, toJson } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { DatabricksServiceExceptionProtoSchema, ErrorCode, rpc } from "../../gen/mlflow/databricks_pb.js";

/**
 * Calls MLflow's REST as a typed client: JSON made and read by protobuf-es, so the server's own codec has no say in it.
 * @param base the tracking URI.
 * @param headers what every request has besides.
 */
export function restTransport(base: string, headers: Record<string, string> = {}): Transport {
  return {
    async unary(method, _signal, _timeout, _header, input) {
      const [endpoint] = getOption(method, rpc).endpoints;
      if (endpoint === undefined) throw new Error(`${method.name} has no HTTP endpoint`);
      const json = toJson(method.input, create(method.input, input), {
        useProtoFieldName: true,
      }) as JsonObject;
      const path = endpoint.path.replace(/\{(\w+)\}/g, (_, field: string) =>
        encodeURIComponent(String(json[field])),
      );
      const url = new URL(`${base}/api/${endpoint.since?.major}.${endpoint.since?.minor}${path}`);
      if (endpoint.method === "GET") {
        for (const [field, value] of Object.entries(json))
          for (const item of Array.isArray(value) ? value : [value])
            url.searchParams.append(field, String(item));
      }
      const response = await fetch(url, {
        method: endpoint.method,
        ...(endpoint.method === "GET"
          ? { headers }
          : { body: JSON.stringify(json), headers: { ...headers, "content-type": "application/json" } }),
      });
      const body = parseExactly(await response.text());
      if (response.status !== 200) throw failure(response, body);
      return {
        stream: false,
        service: method.parent,
        method,
        header: response.headers,
        trailer: new Headers(),
        message: fromJson(method.output, body, { ignoreUnknownFields: true }),
      };
    },
    stream() {
      throw new ConnectError("MLflow's REST has no streams", Code.Unimplemented);
    },
  };
}

/** Keeps the digits of integers that a number would round: protobuf-es reads int64 from text as well. */
const parseExactly = (text: string): JsonObject =>
  JSON.parse(text, (_key, value: unknown, context?: { source: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? context?.source
      : value,
  );

function failure({ status, headers }: Response, body: JsonObject): ConnectError {
  const error = new ConnectError(String(body.message), codes[status] ?? Code.Unknown, headers);
  const errorCode = ErrorCode[String(body.error_code) as keyof typeof ErrorCode];
  error.details.push({
    desc: DatabricksServiceExceptionProtoSchema,
    value: { errorCode, message: String(body.message) },
  });
  return error;
}

const codes: Record<number, Code> = {
  400: Code.InvalidArgument,
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  404: Code.NotFound,
  429: Code.ResourceExhausted,
  500: Code.Internal,
  503: Code.Unavailable,
};
