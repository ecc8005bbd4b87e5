import { BlockList, isIP } from "node:net";
import type { FastifyInstance } from "fastify";
import { isLoopback, plainAddress } from "../auth/address.ts";
import { refuseCrossSite } from "./cross-site.ts";
import { refuseOtherHosts } from "./hosts.ts";
import { refuseBadHeads } from "./request-head.ts";
import { secure } from "./security-headers.ts";

/** Where the server stands in its network. */
export interface Edge {
  /** The name or address that it was told to listen on. */
  host: string | undefined;
  /** Names it goes by besides that and loopback ones, as `name` or `name:port`. */
  names: readonly string[];
  /** Addresses, or networks as `address/bits`, whose X-Forwarded-For and X-Forwarded-Proto are believed. */
  trustedProxies: readonly string[];
}

export const localEdge: Edge = { host: undefined, names: [], trustedProxies: [] };

/** What every request passes before it is routed, whatever the protocol; every answer has the security headers. */
export function guardEdge(app: FastifyInstance, { host, names }: Edge): void {
  app.addHook("onRequest", (request, reply, done) => {
    secure(request, reply);
    done();
  });
  refuseBadHeads(app);
  refuseOtherHosts(app, host === undefined ? names : [host, ...names]);
  refuseCrossSite(app, names);
}

/** Whether an address is of this machine or of a trusted proxy: behind it may be everyone. */
export function isNear({ trustedProxies }: Edge): (address: string) => boolean {
  const proxies = new BlockList();
  for (const proxy of trustedProxies) {
    const [address = "", bits] = proxy.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const plain = plainAddress(address);
    return isLoopback(plain) || proxies.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
  };
}
