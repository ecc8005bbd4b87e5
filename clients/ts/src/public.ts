/** What both entries export beside `createLoggia`: the list of what is public. */
export { Code } from "@connectrpc/connect";
export type { ClientOptions, Loggia } from "./client.ts";
export { type ErrorName, LoggiaError } from "./error.ts";
export type { RunChange } from "./gen/loggia/v1/watch_pb.js";
export { ErrorCode } from "./gen/mlflow/databricks_pb.js";
export { RunStatus, ViewType } from "./gen/mlflow/service_pb.js";
export type { Item, Refusal } from "./items.ts";
export type { LoggerOptions } from "./logger.ts";
export type { ChildOptions, EndStatus, Loggable, Run } from "./run.ts";
export { services } from "./services.ts";
export type { LoggiaOptions } from "./settings.ts";
export type { StartRunOptions } from "./start-run.ts";
export type { Watch, WatchOptions } from "./watch.ts";
