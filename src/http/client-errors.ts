import type { Socket } from "node:net";
import { securityHeaders } from "./security-headers.ts";

/**
 * Answers what does not become a request: Node's parser gave it up, or the connection is one too many. The connection ends
 * with it, since nobody knows where a next request would begin.
 */
export function refuseConnection(socket: Socket, status: string, message: string, retryAfter?: number): void {
  const code = status.startsWith("429") ? "REQUEST_LIMIT_EXCEEDED" : "BAD_REQUEST";
  const body = JSON.stringify({ error_code: code, message });
  const headers = {
    ...securityHeaders,
    "content-type": "application/json",
    "content-length": body.length,
    connection: "close",
    ...(retryAfter !== undefined && { "retry-after": retryAfter }),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  if (socket.writable && !isAnswering(socket))
    socket.write(`HTTP/1.1 ${status}\r\n${lines.join("")}\r\n${body}`);
  socket.destroySoon();
}

/** Whether an answer has begun, into which another must not be written. Node's own handler looks there, too. */
const isAnswering = (socket: Socket & { _httpMessage?: { headersSent: boolean } | null }) =>
  socket._httpMessage?.headersSent === true;

const faults: Record<string, readonly [status: string, message: string] | undefined> = {
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "The request took too long to arrive."],
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "The head of the request is too large."],
};
const notHttp = ["400 Bad Request", "The request is not valid HTTP."] as const;

/** Fastify's `clientErrorHandler`. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const [status, message] = faults[error.code ?? ""] ?? notHttp;
  refuseConnection(socket, status, message);
}
