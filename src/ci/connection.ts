import { type ApiLimits, type GitLabApi, gitLabApi } from "./gitlab-api.ts";
import { issuerKeys, type KeyFetching, type KeysOf } from "./issuers.ts";
import { type CiSettings, trustedIssuers } from "./settings.ts";

/** The CI systems that this server speaks with. */
export interface CiConnection {
  settings: CiSettings;
  keysOf: KeysOf;
  /** The GitLab that facts of jobs are read from, if the settings have a token for it. */
  gitlab: GitLabApi | undefined;
}

/**
 * Nothing is asked before it is needed.
 * @param failed hears of a GitLab whose API could not be asked, or refused the token.
 */
export function connectCi(
  settings: CiSettings,
  { failed, ...limits }: Partial<KeyFetching & ApiLimits> & { failed?: (error: unknown) => void } = {},
): CiConnection {
  const { gitlabUrl: url, gitlabToken: token } = settings;
  return {
    settings,
    keysOf: issuerKeys(trustedIssuers(settings), limits),
    gitlab: url === undefined || token === undefined ? undefined : gitLabApi({ url, token }, limits, failed),
  };
}
