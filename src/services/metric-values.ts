import { invalid } from "../errors.ts";
import { checkMetricName } from "./names.ts";
import { pythonFloat } from "./python-text.ts";

/** Checks a metric's name and time; any step and any value may be logged. @throws INVALID_PARAMETER_VALUE */
export function checkMetric({
  key,
  value,
  timestamp,
}: {
  key: string;
  value: number;
  timestamp: bigint;
}): void {
  checkMetricName(key);
  if (timestamp < 0n)
    throw invalid(
      `Got invalid timestamp ${timestamp} for metric '${key}' (value=${pythonFloat(value)}). Timestamp must be a nonnegative long (64-bit integer) `,
    );
}
