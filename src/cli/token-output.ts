/** What is printed of a token. */
import type { Config } from "../config.ts";
import type { TokenRow } from "../store/tokens.ts";
import type { Given, Tools } from "./action.ts";
import { baseUrl, trackingUri } from "./address.ts";
import { instant, shown } from "./output.ts";

/**
 * Prints a new token: this is the only time that its secret is seen.
 * @param besides sentences that a person should read.
 */
export function reveal(
  given: Given,
  out: Tools["out"],
  token: TokenRow,
  secret: string,
  besides: readonly string[],
): void {
  if (given.switches.has("quiet")) {
    out.line(secret);
    return;
  }
  const uri = uriOf(given.config, token);
  const facts = [
    token.username ?? token.role,
    ...(token.username !== null && token.role !== null ? [`at most ${token.role}`] : []),
    token.scopes.join(", "),
    token.expires_at === null ? "never expires" : `until ${instant(token.expires_at)}`,
  ];
  out.one({ ...fields(token), secret, tracking_uri: uri }, [
    `Token ${token.token_id} (${shown(token.name)}): ${facts.join("; ")}.`,
    ...besides,
    "This is the only time that it is shown:",
    "",
    `  export MLFLOW_TRACKING_URI=${uri}`,
    `  export MLFLOW_TRACKING_TOKEN=${secret}`,
    ...(token.project_id === null ? ["", `  (with the number of a project in place of ${placeholder})`] : []),
  ]);
}

const placeholder = "PROJECT";

const uriOf = (config: Config, { project_id }: TokenRow) =>
  project_id === null
    ? `${baseUrl(config)}/api/v4/projects/${placeholder}/ml/mlflow`
    : trackingUri(config, project_id);

/** All but the secret. */
export const fields = (token: TokenRow) => ({
  token_id: token.token_id,
  name: token.name,
  hint: token.hint,
  kind: token.kind,
  username: token.username,
  project_id: token.project_id,
  role: token.role,
  scopes: token.scopes,
  created_at: token.created_at,
  expires_at: token.expires_at,
  revoked_at: token.revoked_at,
  last_used_at: token.last_used_at,
});
