/** How the server is connected to CI systems. */
export interface CiSettings {
  /** The address under which clients reach this server, without a slash at its end; undefined when nobody has told. */
  publicUrl?: string | undefined;
  /** What id-tokens must have as their audience; `publicUrl` when undefined. Without either no id-token is taken. */
  audience?: string | undefined;
  /** Addresses of issuers whose id-tokens the trusts of projects may name, as they stand in `iss`. */
  issuers: readonly string[];
  /**
   * The GitLab beside which this server stands: projects of equal paths belong together. Its id-tokens are taken as well.
   */
  gitlabUrl?: string | undefined;
  /** With which facts of jobs are read from that GitLab's API; none are read without. */
  gitlabToken?: string | undefined;
  /** Milliseconds that an exchanged token lives at most. */
  tokenLifetime: number;
}

/** No CI system is known, so every id-token is refused. */
export const noCi: CiSettings = { issuers: [], tokenLifetime: 3_600_000 };

/** The issuers whose keys this server fetches; no other host is ever asked for any. */
export const trustedIssuers = ({ issuers, gitlabUrl }: CiSettings): string[] => [
  ...new Set(gitlabUrl === undefined ? issuers : [gitlabUrl, ...issuers]),
];

export const expectedAudience = ({ audience, publicUrl }: CiSettings): string | undefined =>
  audience ?? publicUrl;
