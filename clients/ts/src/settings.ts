/** How a client reaches the server. What is left out comes from MLflow's environment variables. */
export interface LoggiaOptions {
  /**
   * The tracking URI: `https://host`, `https://host/prefix`, or with a project as MLflow's clients have it,
   * `https://host/api/v4/projects/<id or URL-encoded path>/ml/mlflow`. Default: `MLFLOW_TRACKING_URI`; else
   * `http://127.0.0.1:5000` in Node, and the page's own origin in a browser.
   */
  baseUrl?: string | undefined;
  /**
   * A token, or what gives the current one, asked before every call. Default: `MLFLOW_TRACKING_TOKEN`, or
   * `MLFLOW_TRACKING_PASSWORD`, which holds a token for servers with GitLab's addresses.
   */
  token?: string | (() => string | Promise<string>) | undefined;
  /** Id or path of the project, `7` or `team/vision`. Default: the one of `baseUrl`, else the server's default one. */
  project?: string | number | bigint | undefined;
  /** Default: `connect`. Browsers cannot speak `grpc`. */
  protocol?: "connect" | "grpc" | "grpc-web" | undefined;
  /** Milliseconds that a unary call may take; streams have no limit. Default 30,000; 0 for no limit. */
  timeout?: number | undefined;
}

export interface Settings {
  /** Without a project and without `/` at the end. */
  baseUrl: string;
  token: LoggiaOptions["token"];
  project: string | undefined;
  protocol: "connect" | "grpc" | "grpc-web";
  timeout: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const projectPath = /\/api\/v4\/projects\/([^/]+)\/ml\/mlflow$/;

/** @throws TypeError naming the option or variable that is of no use. */
export function settingsOf(options: LoggiaOptions, environment: Environment, fallback: string): Settings {
  const fromEnvironment = (name: string) => (environment[name] === "" ? undefined : environment[name]);
  const [name, given] =
    options.baseUrl === undefined
      ? ["MLFLOW_TRACKING_URI", fromEnvironment("MLFLOW_TRACKING_URI") ?? fallback]
      : ["baseUrl", options.baseUrl];
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    throw new TypeError(`${name} must be an address that starts with http:// or https://; it is '${given}'.`);
  const path = url.pathname.replace(/\/+$/, "");
  const match = projectPath.exec(path);
  const named = match?.[1] === undefined ? undefined : decodeURIComponent(match[1]);
  const protocol = options.protocol ?? "connect";
  if (!["connect", "grpc", "grpc-web"].includes(protocol))
    throw new TypeError(`protocol must be connect, grpc or grpc-web; it is '${protocol}'.`);
  return {
    baseUrl: `${url.origin}${match === null ? path : path.slice(0, match.index)}`,
    token:
      options.token ??
      fromEnvironment("MLFLOW_TRACKING_TOKEN") ??
      fromEnvironment("MLFLOW_TRACKING_PASSWORD") ??
      (url.password === "" ? undefined : decodeURIComponent(url.password)),
    project: options.project === undefined ? named : String(options.project),
    protocol,
    timeout: options.timeout ?? 30_000,
  };
}
