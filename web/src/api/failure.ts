import { Code, ConnectError } from "@connectrpc/connect";

/** Why a call failed, as a page tells it. */
export type FailureKind = "signed-out" | "forbidden" | "absent" | "refused" | "busy" | "offline" | "broken";

export interface Failure {
  kind: FailureKind;
  /** The server's sentence, written for the caller. */
  message: string;
  /** With which an administrator finds the failure in the log. */
  requestId?: string;
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
  const { code, rawMessage, metadata, cause } = ConnectError.from(error);
  // fetch throws a TypeError when nobody answered.
  if (error instanceof TypeError || cause instanceof TypeError)
    return { kind: "offline", message: "The server cannot be reached." };
  const requestId = metadata.get("x-request-id");
  return {
    kind: kinds[code] ?? "broken",
    message: rawMessage === "" ? "The server answered with an error." : rawMessage,
    ...(requestId === null ? {} : { requestId }),
  };
}

/** Whether asking again may help. */
export const mayPass = (error: unknown): boolean => ["busy", "offline"].includes(failureOf(error).kind);
