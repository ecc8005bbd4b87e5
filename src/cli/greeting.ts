import type { Config } from "../config.ts";
import { baseUrl, trackingUri } from "./address.ts";
import type { OpenedDatabase } from "./database.ts";
import { version } from "./version.ts";

/**
 * What `loggia serve` says once it is ready: where it is, what a client needs, where data lies, how to stop it.
 * @param port at which it listens, which the settings may have left open.
 * @param open whether it works without tokens.
 */
export function greeting(
  config: Config,
  { place, embedded }: Pick<OpenedDatabase, "place" | "embedded">,
  { port, open }: { port: number; open: boolean },
): string[] {
  const reached = { ...config, port };
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  const data = embedded ? [`  Data   ${config.dataDir} (${place})`] : [`  Data   ${place}`];
  const inside = embedded && config.artifacts.startsWith(`${config.dataDir}/`);
  return [
    `Loggia ${version} is ready at http://${host}:${port}`,
    "",
    `  export MLFLOW_TRACKING_URI=${baseUrl(reached)}`,
    "  or, with GitLab's addresses,",
    `  export MLFLOW_TRACKING_URI=${trackingUri(reached, 1n)}`,
    "",
    open
      ? "  Tokens none needed: only this machine reaches it"
      : "  Tokens needed: loggia token create --project default --role developer",
    ...data,
    ...(inside ? [] : [`  Files  ${config.artifacts}`]),
    "  Stop   Ctrl-C",
    "",
  ];
}
