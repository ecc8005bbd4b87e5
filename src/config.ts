/** The one table of settings, and the only reader of the environment. Order: flag, environment, file, default. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as value from "./config-values.ts";

interface Setting<T> {
  /** Long option, without the dashes; also the name in the configuration file. */
  flag: string;
  env: string;
  /** What stands for the value in the help. */
  placeholder: string;
  /** As a user would write it; absent: the setting may stay unset. */
  default?: string;
  /** What the help says in place of the default, where that is not its text. */
  defaultText?: string;
  group: "Address" | "Data" | "Database" | "Requests" | "Sign-in" | "CI" | "Logs";
  about: string;
  /** @throws Error as config-values.ts says. */
  parse: (text: string) => T;
}

const setting = <T>(definition: Setting<T>): Setting<T> => definition;

export const settings = {
  host: setting({
    flag: "host",
    env: "LOGGIA_HOST",
    placeholder: "ADDRESS",
    default: "127.0.0.1",
    group: "Address",
    about: "Address to listen on; one that others reach needs tokens.",
    parse: value.address,
  }),
  port: setting({
    flag: "port",
    env: "LOGGIA_PORT",
    placeholder: "NUMBER",
    default: "5000",
    group: "Address",
    about: "Port to listen on; 0 takes a free one.",
    parse: value.wholeNumber(0, 65_535),
  }),
  publicUrl: setting<string | undefined>({
    flag: "public-url",
    env: "LOGGIA_PUBLIC_URL",
    placeholder: "URL",
    defaultText: "the address it listens on",
    group: "Address",
    about: "Where clients reach it, such as https://mlflow.example.org, if elsewhere.",
    parse: value.httpUrl,
  }),
  allowedHosts: setting<string[] | undefined>({
    flag: "allowed-hosts",
    env: "LOGGIA_ALLOWED_HOSTS",
    placeholder: "NAMES",
    defaultText: "none",
    group: "Address",
    about: "Names under which clients reach it, besides its address and localhost.",
    parse: value.hosts,
  }),
  trustedProxies: setting<string[] | undefined>({
    flag: "trusted-proxies",
    env: "LOGGIA_TRUSTED_PROXIES",
    placeholder: "ADDRESSES",
    defaultText: "none",
    group: "Address",
    about: "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.",
    parse: value.networks,
  }),
  dataDir: setting({
    flag: "data-dir",
    env: "LOGGIA_DATA_DIR",
    placeholder: "DIRECTORY",
    default: "./data",
    group: "Data",
    about: "Where the embedded Postgres and the artifacts are kept.",
    parse: value.path,
  }),
  artifacts: setting<string | undefined>({
    flag: "artifacts",
    env: "LOGGIA_ARTIFACTS",
    placeholder: "DIRECTORY",
    defaultText: "<data-dir>/artifacts",
    group: "Data",
    about: "Where the artifacts are kept, if elsewhere.",
    parse: value.path,
  }),
  databaseUrl: setting<string | undefined>({
    flag: "database-url",
    env: "DATABASE_URL",
    placeholder: "URL",
    defaultText: "embedded Postgres",
    group: "Database",
    about: "A Postgres server, as postgres://user:password@host/database.",
    parse: value.postgresUrl,
  }),
  poolSize: setting({
    flag: "pool-size",
    env: "LOGGIA_POOL_SIZE",
    placeholder: "NUMBER",
    default: "10",
    group: "Database",
    about: "Connections to the database at most.",
    parse: value.wholeNumber(1, 200),
  }),
  statementTimeout: setting({
    flag: "statement-timeout",
    env: "LOGGIA_STATEMENT_TIMEOUT",
    placeholder: "DURATION",
    default: "30s",
    group: "Database",
    about: "How long one statement may take.",
    parse: value.duration(100),
  }),
  namedStatements: setting({
    flag: "named-statements",
    env: "LOGGIA_NAMED_STATEMENTS",
    placeholder: "on|off",
    default: "on",
    group: "Database",
    about: "Prepare statements by name; off for PgBouncer before 1.21.",
    parse: value.onOff,
  }),
  anonymousReads: setting({
    flag: "anonymous-reads",
    env: "LOGGIA_ANONYMOUS_READS",
    placeholder: "on|off",
    default: "off",
    group: "Requests",
    about: "Let those who have no token read public projects.",
    parse: value.onOff,
  }),
  requestTimeout: setting({
    flag: "request-timeout",
    env: "LOGGIA_REQUEST_TIMEOUT",
    placeholder: "DURATION",
    default: "30s",
    group: "Requests",
    about: "How long a request may take to arrive; uploads are exempt.",
    parse: value.duration(1000),
  }),
  connectionsPerAddress: setting({
    flag: "connections-per-address",
    env: "LOGGIA_CONNECTIONS_PER_ADDRESS",
    placeholder: "NUMBER",
    default: "100",
    group: "Requests",
    about: "Connections of one address at most; loopback and trusted proxies are exempt.",
    parse: value.wholeNumber(1, 10_000),
  }),
  callsPerToken: setting({
    flag: "calls-per-token",
    env: "LOGGIA_CALLS_PER_TOKEN",
    placeholder: "NUMBER",
    default: "256",
    group: "Requests",
    about: "Calls of one token that are worked on at a time, at most.",
    parse: value.wholeNumber(1, 100_000),
  }),
  drainDelay: setting({
    flag: "drain-delay",
    env: "LOGGIA_DRAIN_DELAY",
    placeholder: "DURATION",
    default: "0s",
    group: "Requests",
    about: "At the end, how long to be not ready but listening, for a load balancer.",
    parse: value.duration(0),
  }),
  drainTimeout: setting({
    flag: "drain-timeout",
    env: "LOGGIA_DRAIN_TIMEOUT",
    placeholder: "DURATION",
    default: "25s",
    group: "Requests",
    about: "At the end, how long requests in flight may take.",
    parse: value.duration(0),
  }),
  gitlabUrl: setting<string | undefined>({
    flag: "gitlab-url",
    env: "LOGGIA_GITLAB_URL",
    placeholder: "URL",
    defaultText: "none",
    group: "CI",
    about: "Your GitLab: jobs of its projects may write to the projects of equal paths here.",
    parse: value.secureUrl,
  }),
  gitlabToken: setting<string | undefined>({
    flag: "gitlab-token",
    env: "LOGGIA_GITLAB_TOKEN",
    placeholder: "TOKEN",
    defaultText: "none",
    group: "CI",
    about: "A token of that GitLab (read_api) with which facts of jobs are read.",
    parse: value.headerText,
  }),
  ciIssuers: setting<string[] | undefined>({
    flag: "ci-issuers",
    env: "LOGGIA_CI_ISSUERS",
    placeholder: "URLS",
    defaultText: "none",
    group: "CI",
    about: "Issuers of id-tokens that projects may trust, besides that GitLab.",
    parse: value.secureUrls,
  }),
  ciAudience: setting<string | undefined>({
    flag: "ci-audience",
    env: "LOGGIA_CI_AUDIENCE",
    placeholder: "TEXT",
    defaultText: "the public URL",
    group: "CI",
    about: "What id-tokens must have as their audience.",
    parse: value.headerText,
  }),
  ciTokenLifetime: setting({
    flag: "ci-token-lifetime",
    env: "LOGGIA_CI_TOKEN_LIFETIME",
    placeholder: "DURATION",
    default: "1h",
    group: "CI",
    about: "How long the token lives that a job gets for its id-token.",
    parse: value.duration(60_000),
  }),
  sessionLifetime: setting({
    flag: "session-lifetime",
    env: "LOGGIA_SESSION_LIFETIME",
    placeholder: "DURATION",
    default: "168h",
    group: "Sign-in",
    about: "How long a browser stays signed in; no longer than its token.",
    parse: value.duration(60_000),
  }),
  oidcIssuer: setting<string | undefined>({
    flag: "oidc-issuer",
    env: "LOGGIA_OIDC_ISSUER",
    placeholder: "URL",
    defaultText: "none",
    group: "Sign-in",
    about: "OpenID provider with which people sign in.",
    parse: value.secureUrl,
  }),
  oidcClientId: setting<string | undefined>({
    flag: "oidc-client-id",
    env: "LOGGIA_OIDC_CLIENT_ID",
    placeholder: "ID",
    defaultText: "none",
    group: "Sign-in",
    about: "What the provider calls this server.",
    parse: value.headerText,
  }),
  oidcClientSecret: setting<string | undefined>({
    flag: "oidc-client-secret",
    env: "LOGGIA_OIDC_CLIENT_SECRET",
    placeholder: "SECRET",
    defaultText: "none",
    group: "Sign-in",
    about: "Its secret there, unless it is a public client.",
    parse: value.headerText,
  }),
  oidcScopes: setting({
    flag: "oidc-scopes",
    env: "LOGGIA_OIDC_SCOPES",
    placeholder: "SCOPES",
    default: "openid profile email",
    group: "Sign-in",
    about: "What is asked of the provider.",
    parse: value.oidcScopes,
  }),
  oidcUsernameClaim: setting({
    flag: "oidc-username-claim",
    env: "LOGGIA_OIDC_USERNAME_CLAIM",
    placeholder: "CLAIM",
    default: "preferred_username",
    group: "Sign-in",
    about: "The claim that is the username, up to an `@`; else a verified e-mail address is.",
    parse: value.headerText,
  }),
  oidcLinkUsers: setting({
    flag: "oidc-link-users",
    env: "LOGGIA_OIDC_LINK_USERS",
    placeholder: "on|off",
    default: "off",
    group: "Sign-in",
    about:
      "Whether a first sign-in becomes the user of that name who has tokens; on only where nobody chooses their name.",
    parse: value.onOff,
  }),
  oidcLabel: setting({
    flag: "oidc-label",
    env: "LOGGIA_OIDC_LABEL",
    placeholder: "TEXT",
    default: "Sign in with single sign-on",
    group: "Sign-in",
    about: "What the button says.",
    parse: value.label,
  }),
  logLevel: setting<value.LogLevel | undefined>({
    flag: "log-level",
    env: "LOGGIA_LOG_LEVEL",
    placeholder: "LEVEL",
    defaultText: "info, on a terminal warn",
    group: "Logs",
    about: `One of ${value.logLevels.join(", ")}.`,
    parse: value.oneOf(value.logLevels),
  }),
  logFormat: setting<"json" | "text" | undefined>({
    flag: "log-format",
    env: "LOGGIA_LOG_FORMAT",
    placeholder: "json|text",
    defaultText: "json, on a terminal text",
    group: "Logs",
    about: "Form of the log, which goes to standard error.",
    parse: value.oneOf(["json", "text"] as const),
  }),
};

type Settings = typeof settings;
type Name = keyof Settings;

type Parsed = { [K in Name]: ReturnType<Settings[K]["parse"]> };

/** The value of every setting; times are in milliseconds, paths absolute. Without `databaseUrl` Postgres is embedded. */
export interface Config extends Parsed {
  artifacts: string;
  allowedHosts: string[];
  trustedProxies: string[];
  ciIssuers: string[];
  logLevel: value.LogLevel;
  logFormat: "json" | "text";
}

/** A setting as `loggia config` shows it, secrets masked. */
export interface Shown {
  name: string;
  value: string | null;
  /** "--port", "LOGGIA_PORT", the name of the file, or "default". */
  source: string;
}

/** A wrong setting. The message is one line for the user. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

/** The configuration file that is read when there is one and none is named. */
export const defaultFile = "loggia.config.json";

/** The flag and the variable that name another file. */
export const fileSetting = { flag: "config", env: "LOGGIA_CONFIG", placeholder: "FILE" };

export interface Sources {
  /** Values of flags by their name without dashes. */
  flags: Readonly<Record<string, string>>;
  env?: Readonly<Record<string, string | undefined>>;
  /** The directory to which paths are relative and in which the default file is looked for. */
  directory?: string;
  /** Whether a person reads the log. */
  terminal?: boolean;
}

/**
 * Reads every setting from flags, environment, file and defaults. An empty variable counts as unset.
 * @throws SettingError that names the first wrong one.
 */
export function readConfig({
  flags,
  env = process.env,
  directory = process.cwd(),
  terminal = process.stderr.isTTY === true,
}: Sources): { config: Config; shown: Shown[] } {
  const file = readFile(flags[fileSetting.flag] ?? (env[fileSetting.env] || undefined), directory);
  const sources: Partial<Record<Name, string>> = {};

  const read = <K extends Name>(name: K): Parsed[K] | undefined => {
    const { flag, env: variable, default: usual, parse } = settings[name] as Setting<Parsed[K]>;
    const candidates: [text: string | undefined, source: string][] = [
      [flags[flag], `--${flag}`],
      [env[variable] || undefined, variable],
      [file.values[flag], file.name],
      [usual, "default"],
    ];
    const [text, source] = candidates.find(([given]) => given !== undefined) ?? [undefined, "default"];
    sources[name] = source;
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      const { message, cause } = error instanceof Error ? error : new Error(String(error));
      const got = secrets.has(name) ? "" : `, got ${JSON.stringify(text)}`;
      const from = source === `--${flag}` ? "" : ` (from ${source})`;
      const why = cause === undefined ? "" : `: ${cause}`;
      throw new SettingError(`--${flag} ${message}${got}${from}${why}`);
    }
  };

  const parsed = Object.fromEntries(names.map((name) => [name, read(name)])) as Parsed;
  const dataDir = resolve(directory, parsed.dataDir);
  const config: Config = {
    ...parsed,
    dataDir,
    artifacts:
      parsed.artifacts === undefined ? join(dataDir, "artifacts") : resolve(directory, parsed.artifacts),
    allowedHosts: parsed.allowedHosts ?? [],
    trustedProxies: parsed.trustedProxies ?? [],
    ciIssuers: parsed.ciIssuers ?? [],
    logLevel: parsed.logLevel ?? (terminal ? "warn" : "info"),
    logFormat: parsed.logFormat ?? (terminal ? "text" : "json"),
  };
  const shown = names.map((name) => ({
    name: settings[name].flag,
    value: show(name, config[name]),
    source: sources[name] ?? "default",
  }));
  return { config, shown };
}

const names = Object.keys(settings) as Name[];

/** Not shown, not even when they are wrong. */
const secrets = new Set<Name>(["databaseUrl", "gitlabToken", "oidcClientSecret"]);

const durations = new Set<Name>(names.filter((name) => settings[name].placeholder === "DURATION"));

function show(name: Name, given: string | number | boolean | string[] | undefined): string | null {
  if (given === undefined) return null;
  if (name === "databaseUrl") return value.masked(String(given));
  if (secrets.has(name)) return "***";
  if (durations.has(name)) return value.durationText(Number(given));
  if (typeof given === "boolean") return given ? "on" : "off";
  if (Array.isArray(given)) return given.length === 0 ? null : given.join(",");
  return String(given);
}

/** The settings of a JSON file: one object of names (as the flags are called) and values. */
function readFile(
  named: string | undefined,
  directory: string,
): { name: string; values: Record<string, string> } {
  const name = named ?? defaultFile;
  let text: string;
  try {
    text = readFileSync(resolve(directory, name), "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : error;
    if (named === undefined && code === "ENOENT") return { name, values: {} };
    throw new SettingError(`cannot read the configuration file ${name} (${code})`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new SettingError(`the configuration file ${name} is not valid JSON`);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content))
    throw new SettingError(`the configuration file ${name} must be one JSON object`);
  const known = new Set(names.map((key) => settings[key].flag));
  const values: Record<string, string> = {};
  for (const [key, given] of Object.entries(content)) {
    if (!known.has(key)) throw new SettingError(`unknown setting "${key}" in ${name}`);
    if (typeof given === "boolean") values[key] = given ? "on" : "off";
    else if (typeof given === "string" || typeof given === "number") values[key] = String(given);
    else throw new SettingError(`setting "${key}" in ${name} must be a string, a number or true or false`);
  }
  return { name, values };
}

/** The table of settings in Markdown, for the README. */
export function settingsTable(): string {
  const rows = names.map((name) => {
    const { flag, env, default: usual, defaultText, about } = settings[name];
    const fallback = usual === undefined ? defaultText : `\`${usual}\``;
    return `| \`--${flag}\` | \`${env}\` | ${fallback?.replace(/^<.*$/, "`$&`")} | ${about} |`;
  });
  return ["| Flag | Environment | Default | |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** What the environment says to every client of an MLflow server; it is no setting of this program's own. */
export const clientSetting = (name: "MLFLOW_TRACKING_URI" | "MLFLOW_TRACKING_TOKEN"): string | undefined =>
  process.env[name] || undefined;
