import { isIP } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { plainAddress } from "../auth/address.ts";
import { LoggiaError } from "../errors.ts";

/** `name`, `name:port`, `1.2.3.4:port`, `[::1]:port`. */
const form = /^(\[[\da-f:.]+\]|[^\s:[\]@/?#\\,]+)(?::(\d{1,5}))?$/i;

/** Names that a browser resolves to its own machine, so that no page of another can use them (RFC 6761 §6.3). */
const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

/** What load balancers and probes ask, often by a bare address. It tells nothing. */
const probed = new Set(["/health", "/livez", "/readyz", "/version"]);

/**
 * Refuses a request that is addressed to a name which is not ours. A page whose name its owner lets point to this machine
 * (DNS rebinding) is of the same origin as we are for a browser; only the Host header tells (security.md §1.8).
 *
 * Ours are loopback names, the address at which the connection arrived, and `names`. A probe may use any address, or none,
 * since an address cannot be rebound.
 * @param names as `name`, for any port, or `name:port`.
 */
export function refuseOtherHosts(app: FastifyInstance, names: readonly string[]): void {
  const ours = new Set([...loopbackNames, ...names.map(bracketed)].map((name) => name.toLowerCase()));

  const isOurs = (host: string, request: FastifyRequest): boolean => {
    const [, name, port] = form.exec(host.toLowerCase()) ?? [];
    if (name === undefined) return false;
    if (ours.has(name) || (port !== undefined && ours.has(`${name}:${port}`))) return true;
    const address = addressOf(name);
    if (address === undefined) return false;
    return isProbe(request) || address === plainAddress(request.raw.socket.localAddress ?? "");
  };

  app.addHook("onRequest", (request, _reply, done) => {
    const hosts = hostsOf(request);
    const other = hosts.find((host) => !isOurs(host, request));
    if (other !== undefined) done(wrongHost(other));
    else if (hosts.length === 0 && !isProbe(request)) done(wrongHost(""));
    else done();
  });
}

/** Every host that the request names, once: HTTP/2 has a field of its own for it, and Host may be repeated. */
function hostsOf({ raw, headers }: FastifyRequest): string[] {
  const authority = headers[":authority"];
  const { host } = headers;
  if (raw.httpVersionMajor > 1) {
    const named = [authority, host].flat().filter((one) => one !== undefined);
    return named[0] === named[1] ? named.slice(0, 1) : named;
  }
  return host === undefined ? [] : [host];
}

const isProbe = ({ raw }: FastifyRequest) => probed.has((raw.url ?? "").split("?")[0] ?? "");

const addressOf = (name: string) => {
  const bare = name.replace(/^\[(.*)\]$/, "$1");
  return isIP(bare) > 0 ? bare : undefined;
};

const bracketed = (name: string) => (isIP(name) === 6 ? `[${name}]` : name);

const wrongHost = (host: string) =>
  new LoggiaError(
    "PERMISSION_DENIED",
    host === ""
      ? "The request names no host."
      : `This server does not go by the name '${host.slice(0, 200)}'. If it should, add the name to the setting allowed-hosts.`,
  );
