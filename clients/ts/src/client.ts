import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { ingestBatchCarrier } from "./ingest-batch-carrier.ts";
import { ingestStreamCarrier } from "./ingest-stream-carrier.ts";
import { createLogger, type LoggerOptions } from "./logger.ts";
import type { Platform } from "./platform.ts";
import type { Run } from "./run.ts";
import { services } from "./services.ts";
import { type LoggiaOptions, settingsOf } from "./settings.ts";
import type { StartRunOptions } from "./start-run.ts";
import { identify, withLoggiaErrors } from "./transport.ts";
import { Watch, type WatchOptions } from "./watch.ts";

type Clients = { readonly [Name in keyof typeof services]: Client<(typeof services)[Name]> };

/** A client of a Loggia server: one property per service, and a logger. */
export interface Loggia extends Clients {
  /** Where it calls, without the project. */
  readonly baseUrl: string;
  /** Id or path of the project; undefined for the server's default one. */
  readonly project: string | undefined;
  /** What carries the calls, with credentials, project and LoggiaErrors; for clients of one's own. */
  readonly transport: Transport;
  /** Starts a run that logs in the background. @throws LoggiaError */
  startRun(options?: StartRunOptions): Promise<Run>;
  /**
   * Starts a run, gives it to `work`, and ends it: as FINISHED, or as FAILED when `work` throws.
   * @returns what `work` returns. @throws what `work` throws, or LoggiaError.
   */
  withRun<Result>(options: StartRunOptions, work: (run: Run) => Promise<Result> | Result): Promise<Result>;
  /** Sends what all runs have logged until now; as `run.drain()` of each. */
  drain(): Promise<void>;
  /** Tells changes of runs as they come: `for await (const change of loggia.watch({ runIds }))`. */
  watch(options: WatchOptions): Watch;
  /** Closes the connection. Runs must have ended. */
  close(): void;
}

export interface ClientOptions extends LoggiaOptions {
  /** How runs log. */
  logger?: LoggerOptions | undefined;
}

export function loggiaOn(platform: Platform, options: ClientOptions): Loggia {
  const settings = settingsOf(options, platform.environment, platform.baseUrl);
  const connection = platform.connect(settings, [identify(settings)]);
  const transport = withLoggiaErrors(connection.transport);
  const clients = Object.fromEntries(
    Object.entries(services).map(([name, service]) => [name, createClient<DescService>(service, transport)]),
  ) as unknown as Clients;
  const logger = createLogger(
    clients.mlflow,
    (connection.duplex ? ingestStreamCarrier : ingestBatchCarrier)(clients.ingest),
    platform,
    options.logger ?? {},
  );
  return {
    ...clients,
    baseUrl: settings.baseUrl,
    project: settings.project,
    transport,
    startRun: (given = {}) => logger.startRun(given),
    async withRun(given, work) {
      const run = await logger.startRun(given);
      try {
        const result = await work(run);
        await run.end("FINISHED");
        return result;
      } catch (error) {
        // The first error is the one to tell.
        await run.end("FAILED").catch(() => {});
        throw error;
      }
    },
    drain: logger.flush,
    watch: (given) => new Watch(clients.watches, given),
    close: connection.close,
  };
}
