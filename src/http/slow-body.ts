import type { IncomingMessage } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";

/** Cuts off a client whose request has not wholly arrived in time. Not for streams, whose requests end when they end. */
export function cutWhenSlow(
  request: IncomingMessage & { readonly stream?: ServerHttp2Stream },
  milliseconds: number,
): void {
  const timer = setTimeout(() => {
    // To destroy a request of HTTP/2 leaves its stream open.
    if (request.stream === undefined) request.destroy();
    else request.stream.close(constants.NGHTTP2_CANCEL);
  }, milliseconds);
  const arrived = () => clearTimeout(timer);
  request.once("end", arrived);
  request.once("close", arrived);
}
