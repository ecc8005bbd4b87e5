import { Code, ConnectError } from "@connectrpc/connect";

/** Whether a call's signal tells that its caller is gone, and not of its deadline or the end of the server. */
export const hasLeft = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && ![Code.DeadlineExceeded, Code.Unavailable].includes(ConnectError.from(reason).code);

/** Whether work failed for no other reason than that its signal was aborted: the reason itself, or what is made of it on the way. */
export const causedBy = (signal: AbortSignal, error: unknown): boolean =>
  error === signal.reason || ConnectError.from(error).code === Code.Canceled;
