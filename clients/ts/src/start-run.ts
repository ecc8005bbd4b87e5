import type { Client } from "@connectrpc/connect";
import { LoggiaError } from "./error.ts";
import { type MlflowService, RunStatus } from "./gen/mlflow/service_pb.js";
import type { Platform } from "./platform.ts";
import { randomId } from "./random-id.ts";
import { type RetryOptions, retry } from "./retry.ts";
import type { Loggable, RunFacts } from "./run.ts";

/** What a new run is like. What is left out comes from MLflow's environment variables. */
export interface StartRunOptions {
  /** Name of the experiment, which is made if it is not there. Default: `MLFLOW_EXPERIMENT_NAME`, else `Default`. */
  experiment?: string | undefined;
  /** Id of the experiment, in place of its name. Default: `MLFLOW_EXPERIMENT_ID`. */
  experimentId?: string | undefined;
  name?: string | undefined;
  params?: Readonly<Record<string, Loggable>> | undefined;
  tags?: Readonly<Record<string, Loggable>> | undefined;
  /** A run to go on with, which is set to RUNNING. Default: `MLFLOW_RUN_ID`. */
  runId?: string | undefined;
  /** The run that this one is shown below. */
  parentRunId?: string | undefined;
  /** Milliseconds for which the server is tried. Default 60,000. */
  timeout?: number | undefined;
}

type Mlflow = Client<typeof MlflowService>;

/** For how long, and who is told that it takes long. */
type Trying = RetryOptions & { signal: AbortSignal };

/** Experiment `Default` of every project. */
const defaultExperiment = "0";

/** By this tag a run is found that was made though its answer was lost. */
const startTag = "loggia.startId";

/** Makes a run, or opens one. @throws LoggiaError */
export async function startRun(
  mlflow: Mlflow,
  platform: Platform,
  { timeout = 60_000, ...options }: StartRunOptions,
  onRetry: RetryOptions["onRetry"],
): Promise<RunFacts> {
  const trying = { signal: AbortSignal.timeout(timeout), onRetry };
  const environment = (name: string) => platform.environment[name] || undefined;
  const isNew = options.experiment !== undefined || options.experimentId !== undefined;
  const runId = options.runId ?? (isNew ? undefined : environment("MLFLOW_RUN_ID"));
  if (runId !== undefined) return resume(mlflow, runId, options.name, trying);
  const experimentId =
    options.experimentId ??
    (options.experiment === undefined ? environment("MLFLOW_EXPERIMENT_ID") : undefined) ??
    (await experimentNamed(mlflow, options.experiment ?? environment("MLFLOW_EXPERIMENT_NAME"), trying));
  const id = await createRun(mlflow, experimentId, platform.sourceTags(), options, trying);
  return { id, experimentId };
}

async function resume(
  mlflow: Mlflow,
  runId: string,
  name: string | undefined,
  trying: Trying,
): Promise<RunFacts> {
  const { runInfo } = await retry(
    () =>
      mlflow.updateRun(
        { runId, status: RunStatus.RUNNING, ...(name === undefined ? {} : { runName: name }) },
        { signal: trying.signal },
      ),
    trying,
  );
  return { id: runId, experimentId: runInfo?.experimentId ?? "" };
}

/** The id of the experiment, made if need be; another caller may be making it right now. */
async function experimentNamed(mlflow: Mlflow, name: string | undefined, trying: Trying): Promise<string> {
  if (name === undefined) return defaultExperiment;
  const find = () =>
    retry(() => mlflow.getExperimentByName({ experimentName: name }, { signal: trying.signal }), trying);
  try {
    return (await find()).experiment?.experimentId ?? "";
  } catch (error) {
    if (LoggiaError.from(error).code !== "RESOURCE_DOES_NOT_EXIST") throw error;
  }
  try {
    return (await retry(() => mlflow.createExperiment({ name }, { signal: trying.signal }), trying))
      .experimentId;
  } catch (error) {
    if (LoggiaError.from(error).code !== "RESOURCE_ALREADY_EXISTS") throw error;
  }
  return (await find()).experiment?.experimentId ?? "";
}

/** Creating is not safe to repeat by itself: after an attempt of which the outcome is not known, its run is looked for. */
async function createRun(
  mlflow: Mlflow,
  experimentId: string,
  sourceTags: Record<string, string>,
  { name, tags = {}, parentRunId }: StartRunOptions,
  trying: Trying,
): Promise<string> {
  const startId = randomId();
  const startTime = BigInt(Date.now());
  const all: Record<string, Loggable> = {
    ...sourceTags,
    ...(parentRunId === undefined ? {} : { "mlflow.parentRunId": parentRunId }),
    [startTag]: startId,
    ...tags,
  };
  const request = {
    experimentId,
    startTime,
    ...(name === undefined ? {} : { runName: name }),
    ...(sourceTags["mlflow.user"] === undefined ? {} : { userId: sourceTags["mlflow.user"] }),
    tags: Object.entries(all).map(([key, value]) => ({ key, value: String(value) })),
  };
  return retry(async (attempt) => {
    if (attempt > 0) {
      const { runs } = await mlflow.searchRuns(
        { experimentIds: [experimentId], filter: `tags."${startTag}" = '${startId}'`, maxResults: 1 },
        { signal: trying.signal },
      );
      const [made] = runs;
      if (made?.info !== undefined) return made.info.runId;
    }
    const { run } = await mlflow.createRun(request, { signal: trying.signal });
    return run?.info?.runId ?? "";
  }, trying);
}
