import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { LoggiaError } from "./error.ts";
import type { Refusal, RunWritesSchema } from "./gen/loggia/v1/ingest_pb.js";
import { ErrorCode } from "./gen/mlflow/databricks_pb.js";
import type { Batch, BatchLimits } from "./items.ts";

/** Less than the 10,000 that the IngestService takes in one request: smaller ones are read while others are written. */
export const ingestLimits: BatchLimits = { items: 2_000, params: 2_000, tags: 2_000 };

/** A batch as the IngestService takes it: the points of a metric side by side. */
export function toRunWrites({ runId, items }: Batch): MessageInitShape<typeof RunWritesSchema> {
  const series = new Map<string, { key: string; steps: bigint[]; timestamps: bigint[]; values: number[] }>();
  const params: { key: string; value: string }[] = [];
  const tags: { key: string; value: string }[] = [];
  for (const item of items) {
    if (item.kind === "param") params.push({ key: item.key, value: item.value });
    else if (item.kind === "tag") tags.push({ key: item.key, value: item.value });
    else {
      let one = series.get(item.key);
      if (one === undefined) {
        one = { key: item.key, steps: [], timestamps: [], values: [] };
        series.set(item.key, one);
      }
      one.steps.push(BigInt(item.step));
      one.timestamps.push(BigInt(item.timestamp));
      one.values.push(item.value);
    }
  }
  return { runId, metrics: [...series.values()], params, tags };
}

/** A refusal among the answers of a stream, as the error that the same call would have failed with. */
export function refusalError({ error }: Refusal): LoggiaError {
  const code = ErrorCode[error?.errorCode ?? ErrorCode.INTERNAL_ERROR] as keyof typeof ErrorCode;
  return new LoggiaError(code, error?.message ?? "", { status: statuses[code] ?? Code.Internal });
}

const statuses: Partial<Record<keyof typeof ErrorCode, Code>> = {
  BAD_REQUEST: Code.InvalidArgument,
  INVALID_PARAMETER_VALUE: Code.InvalidArgument,
  RESOURCE_ALREADY_EXISTS: Code.AlreadyExists,
  RESOURCE_DOES_NOT_EXIST: Code.NotFound,
  PERMISSION_DENIED: Code.PermissionDenied,
  REQUEST_LIMIT_EXCEEDED: Code.ResourceExhausted,
  TEMPORARILY_UNAVAILABLE: Code.Unavailable,
};
