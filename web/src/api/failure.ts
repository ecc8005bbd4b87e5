import { Code, ConnectError } from "@connectrpc/connect";
import { FilterErrorSchema } from "../../../gen/loggia/v1/errors_pb.js";

/** Why a call failed, as a page tells it. */
export type FailureKind = "signed-out" | "forbidden" | "absent" | "refused" | "busy" | "offline" | "broken";

export interface Failure {
  kind: FailureKind;
  /** The server's sentence, written for the caller. */
  message: string;
  /** With which an administrator finds the failure in the log. */
  requestId?: string;
  /** Where in the filter it is: offsets of code points. */
  filter?: { start: number; end: number };
}

const kinds: Partial<Record<Code, FailureKind>> = {
  [Code.Unauthenticated]: "signed-out",
  [Code.PermissionDenied]: "forbidden",
  [Code.NotFound]: "absent",
  [Code.InvalidArgument]: "refused",
  [Code.AlreadyExists]: "refused",
  [Code.FailedPrecondition]: "refused",
  [Code.OutOfRange]: "refused",
  [Code.ResourceExhausted]: "busy",
  [Code.Unavailable]: "busy",
  [Code.DeadlineExceeded]: "busy",
};

/** What to tell about an error that a call, or the way to the server, threw. */
export function failureOf(error: unknown): Failure {
  const failed = ConnectError.from(error);
  const { code, rawMessage, metadata, cause } = failed;
  // fetch throws a TypeError when nobody answered.
  if (error instanceof TypeError || cause instanceof TypeError)
    return { kind: "offline", message: "The server cannot be reached." };
  const place = failed.findDetails(FilterErrorSchema).find(({ parameter }) => parameter === "filter");
  const requestId = metadata.get("x-request-id");
  return {
    kind: kinds[code] ?? "broken",
    message: rawMessage === "" ? "The server answered with an error." : rawMessage,
    ...(requestId === null ? {} : { requestId }),
    ...(place === undefined ? {} : { filter: { start: place.offset, end: place.offset + place.length } }),
  };
}

/** Whether asking again may help. */
export const mayPass = (error: unknown): boolean => ["busy", "offline"].includes(failureOf(error).kind);
