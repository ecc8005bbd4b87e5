import { request } from "node:http";
import { buffer } from "node:stream/consumers";

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** One exchange with the path exactly as written, which fetch would normalise first. */
export function rawHttp(
  base: string,
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: string | Uint8Array } = {},
): Promise<RawAnswer> {
  const { hostname, port, pathname } = new URL(base);
  const prefix = pathname === "/" ? "" : pathname;
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path: `${prefix}${path}`, headers, agent: false });
    outgoing.once("error", reject);
    outgoing.once("response", (incoming) => {
      buffer(incoming).then(
        (bytes) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: bytes }),
        reject,
      );
    });
    outgoing.end(body);
  });
}
