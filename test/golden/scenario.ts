/** Writing scenarios: an ordered list of requests, made by plain functions. */
import { exact } from "./exact-json.ts";
import type { Exchange, Request } from "./exchange.ts";

export interface Scenario {
  name: string;
  exchanges: Exchange[];
}

type Capture = Record<string, string>;
type Query = Record<string, string | number | readonly (string | number)[]>;

export interface Script {
  /** A request with a JSON body, below `/api/2.0/mlflow/` unless the path begins with a slash. */
  post(name: string, path: string, body: unknown, capture?: Capture): void;
  patch(name: string, path: string, body: unknown, capture?: Capture): void;
  del(name: string, path: string, body: unknown, capture?: Capture): void;
  /** A GET; a query given as text is sent as it is. */
  get(name: string, path: string, query?: Query | string, capture?: Capture): void;
  /** Anything else. */
  raw(name: string, request: Request, capture?: Capture): void;
  /** An experiment, captured as `name`. */
  experiment(name: string, more?: object): void;
  /** A run of the experiment `{{experiment}}`, captured as `name`, with what is logged to it. */
  run(
    name: string,
    experiment: string,
    data?: {
      start_time?: number;
      user_id?: string;
      tags?: Record<string, string>;
      params?: Record<string, string>;
      metrics?: Record<string, number | string>;
    },
  ): void;
}

/** A scenario; each runs alone, in an empty store with only the experiment `Default`. */
export function scenario(name: string, write: (script: Script) => void): Scenario {
  const exchanges: Exchange[] = [];
  const names = new Set<string>();
  const add = (title: string, request: Request, capture: Capture = {}) => {
    if (names.has(title)) throw new Error(`${name}: two exchanges are named ${title}`);
    names.add(title);
    exchanges.push({
      name: title,
      request: { ...request, path: absolute(request.path) },
      ...(some(capture) ? { capture } : {}),
    });
  };
  const withBody = (method: string) => (title: string, path: string, body: unknown, capture?: Capture) =>
    add(title, { method, path, body: exact(body) }, capture);
  const post = withBody("POST");
  write({
    post,
    patch: withBody("PATCH"),
    del: withBody("DELETE"),
    get: (title, path, query = {}, capture) => {
      const text = typeof query === "string" ? query : encode(query);
      add(title, { method: "GET", path: text === "" ? path : `${path}?${text}` }, capture);
    },
    raw: add,
    experiment: (title, more = {}) =>
      post(
        `experiment ${title}`,
        "experiments/create",
        { name: title, ...more },
        { [title]: "experiment_id" },
      ),
    run: (title, experiment, { start_time = 1, user_id, tags = {}, params = {}, metrics = {} } = {}) => {
      post(
        `run ${title}`,
        "runs/create",
        { experiment_id: `{{${experiment}}}`, start_time, user_id, tags: pairs(tags) },
        { [title]: "run.info.run_id" },
      );
      const points = Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: 1, step: 0 }));
      if (points.length > 0 || some(params))
        post(`data of ${title}`, "runs/log-batch", {
          run_id: `{{${title}}}`,
          metrics: points,
          params: pairs(params),
        });
    },
  });
  return { name, exchanges };
}

const absolute = (path: string) => (path.startsWith("/") ? path : `/api/2.0/mlflow/${path}`);

const some = (record: object) => Object.keys(record).length > 0;

const pairs = (record: Record<string, string>) =>
  Object.entries(record).map(([key, value]) => ({ key, value }));

/** A query string; repeated keys for lists; holes stay readable. */
function encode(query: Query): string {
  return Object.entries(query)
    .flatMap(([key, value]) => [value].flat().map((item) => `${key}=${component(String(item))}`))
    .join("&");
}

const component = (text: string) =>
  text
    .split(/(\{\{[^{}]+\}\})/)
    .map((part) => (part.startsWith("{{") ? part : encodeURIComponent(part)))
    .join("");
