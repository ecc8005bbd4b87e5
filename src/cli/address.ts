/** Where clients find the server. */
import { isIPv6 } from "node:net";
import { isLoopback } from "../auth/address.ts";
import type { Config } from "../config.ts";

const unspecified = ["0.0.0.0", "::"];

/** The URL at which the server is reached: the public one, or that of the address it listens on. Without a final slash. */
export function baseUrl({ publicUrl, host, port }: Pick<Config, "publicUrl" | "host" | "port">): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, "");
  const name = unspecified.includes(host) ? "localhost" : isIPv6(host) ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/** A project's tracking URI, by its number, which stays when it is renamed, and which no proxy decodes. */
export const trackingUri = (config: Pick<Config, "publicUrl" | "host" | "port">, project: bigint): string =>
  `${baseUrl(config)}/api/v4/projects/${project}/ml/mlflow`;

/** The names by which clients may call it, besides the address it listens on. */
export const namesOf = ({ publicUrl, allowedHosts }: Pick<Config, "publicUrl" | "allowedHosts">): string[] =>
  publicUrl === undefined ? allowedHosts : [...allowedHosts, new URL(publicUrl).hostname];

/**
 * Why others than the users of this machine may reach the server: it listens on the network, or it is set up to stand behind
 * something that does. Undefined when it is for this machine alone.
 */
export function exposure({
  host,
  publicUrl,
  allowedHosts,
  trustedProxies,
}: Pick<Config, "host" | "publicUrl" | "allowedHosts" | "trustedProxies">): string | undefined {
  if (!isLocal(host)) return `it listens on ${host}`;
  if (publicUrl !== undefined && !isLocal(new URL(publicUrl).hostname)) return `it is served as ${publicUrl}`;
  const name = allowedHosts.find((one) => !isLocal(one.replace(/:\d+$/, "")));
  if (name !== undefined) return `it goes by the name ${name}`;
  if (trustedProxies.length > 0) return `it stands behind the proxy ${trustedProxies[0]}`;
  return undefined;
}

const isLocal = (name: string) => name === "localhost" || isLoopback(name.replace(/^\[(.*)\]$/, "$1"));
