/** `loggia watch`: prints what a server tells of a run, or of the runs of an experiment, as it comes. */
import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { type RunChange, WatchService } from "../../gen/loggia/v1/watch_pb.js";
import { RunStatus } from "../../gen/mlflow/service_pb.js";
import { type Config, SettingError } from "../config.ts";
import { LoggiaError } from "../errors.ts";
import { baseUrl } from "./address.ts";
import { shown } from "./output.ts";

export interface WatchOptions {
  /** One run, or none. */
  run: string | undefined;
  experiment: string | undefined;
  /** As MLFLOW_TRACKING_URI: of a project or of the server. The server of the settings when absent. */
  trackingUri: string | undefined;
  token: string | undefined;
  json: boolean;
  say(line: string): void;
  /** Hears of connections that broke. */
  tell(line: string): void;
}

/** Milliseconds between attempts to connect again: at first, and at most. */
const firstPause = 500;
const longestPause = 10_000;

/** Watches until the run has ended; an experiment until the process is ended. @throws SettingError, LoggiaError */
export async function watch(config: Config, options: WatchOptions): Promise<void> {
  const { run, experiment, trackingUri = baseUrl(config), token, json, say, tell } = options;
  if ((run === undefined) === (experiment === undefined))
    throw new SettingError("say what to watch: a run's id, or --experiment ID");
  const { url, project } = readUri(trackingUri);
  const sessionManager = new Http2SessionManager(url, { pingIntervalMs: 30_000 });
  const transport = createGrpcTransport({
    baseUrl: url,
    sessionManager,
    interceptors: [
      (next) => (request) => {
        if (project !== undefined) request.header.set("loggia-project", project);
        if (token !== undefined) request.header.set("authorization", `Bearer ${token}`);
        return next(request);
      },
    ],
  });
  const client = createClient(WatchService, transport);
  const subject = run === undefined ? { experimentId: experiment ?? "" } : { runIds: [run] };
  const print = json ? (change: RunChange) => linesOfJson(change) : table(run === undefined);
  let resumeToken = "";
  try {
    for (let pause = firstPause; ; ) {
      try {
        for await (const answer of client.watch({ ...subject, resumeToken })) {
          for (const change of answer.changes) {
            for (const line of print(change)) say(line);
            if (run !== undefined && hasEnded(change)) return;
          }
          resumeToken = answer.resumeToken;
          pause = firstPause;
        }
      } catch (error) {
        const failure = ConnectError.from(error);
        if (!isPassing(failure)) throw new LoggiaError("BAD_REQUEST", failure.rawMessage, { cause: error });
        tell(`${shown(failure.rawMessage)}: connecting again`);
      }
      await sleep(pause);
      pause = Math.min(pause * 2, longestPause);
    }
  } finally {
    // The process ends with what it has to tell, not with the connection.
    sessionManager.abort();
  }
}

/** What to wait for the end of; everything else is for the person who asked. */
const isPassing = ({ code }: ConnectError) =>
  [
    Code.Unavailable,
    Code.ResourceExhausted,
    Code.Aborted,
    Code.Canceled,
    Code.Internal,
    Code.Unknown,
  ].includes(code);

const hasEnded = ({ info, purged }: RunChange) =>
  purged ||
  (info !== undefined && ![RunStatus.RUNNING, RunStatus.SCHEDULED].includes(info.status)) ||
  info?.lifecycleStage === "deleted";

/** The server and the project of a tracking URI: `https://host/api/v4/projects/7/ml/mlflow`, or `https://host`. */
function readUri(uri: string): { url: string; project: string | undefined } {
  if (!/^https?:\/\//.test(uri)) throw new SettingError(`${JSON.stringify(uri)} is no http address`);
  const [, url = "", project] = /^(.*?)(?:\/api\/v4\/projects\/([^/]+)\/ml\/mlflow)?\/*$/.exec(uri) ?? [];
  if (!URL.canParse(url)) throw new SettingError(`${JSON.stringify(uri)} is no http address`);
  try {
    return { url, project: project === undefined ? undefined : decodeURIComponent(project) };
  } catch {
    throw new SettingError(
      `${JSON.stringify(uri)} names a project that cannot be decoded: ${JSON.stringify(project)}`,
    );
  }
}

function* linesOfJson({ runId, info, params, tags, latestMetrics, purged }: RunChange): Generator<string> {
  const line = (kind: string, fields: object) =>
    JSON.stringify({ run_id: runId, kind, ...fields }, (_, one) =>
      typeof one === "bigint" ? Number(one) : one,
    );
  if (info !== undefined)
    yield line("run", { status: RunStatus[info.status], lifecycle_stage: info.lifecycleStage });
  for (const { key, value } of params) yield line("param", { key, value });
  for (const { key, value } of tags?.tags ?? []) yield line("tag", { key, value });
  for (const { key, value, step, timestamp } of latestMetrics)
    yield line("metric", { key, value: Number.isFinite(value) ? value : String(value), step, timestamp });
  if (purged) yield line("purged", {});
}

/** Lines of a table whose columns grow with what they hold; with the run in front when there are many. */
function table(many: boolean): (change: RunChange) => Generator<string> {
  const widths = [many ? 32 : 0, 16, 8];
  const line = (runId: string, ...cells: string[]) =>
    [...(many ? [runId] : []), ...cells]
      .map((cell, i) => {
        const at = many ? i : i + 1;
        widths[at] = Math.max(widths[at] ?? 0, cell.length);
        return cell.padEnd(widths[at] ?? 0);
      })
      .join("  ")
      .trimEnd();
  return function* ({ runId, info, latestMetrics, purged }) {
    if (info !== undefined)
      yield line(runId, "status", "", `${RunStatus[info.status]} ${info.lifecycleStage}`);
    for (const { key, value, step } of latestMetrics)
      yield line(runId, shown(key), String(step), String(value));
    if (purged) yield line(runId, "purged");
  };
}
