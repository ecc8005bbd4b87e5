import { create } from "@bufbuild/protobuf";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { projectKey } from "../auth/context-keys.ts";
import { invalid } from "../errors.ts";
import type { MetricHistoryBulk } from "../services/metric-history-bulk.ts";
import { sendJson } from "./answer.ts";
import type { Surround } from "./call.ts";
import { describedRoute, texts } from "./described-route.ts";

const pathOf = (name: string) => `/api/2.0/mlflow/metrics/${name}`;

const [whole, sampled] = ["get-history-bulk", "get-history-bulk-interval"];
const integer = { type: "integer" };

/** The routes, as OpenAPI describes them. */
export const bulkHistoryPaths = {
  ...describedRoute(pathOf(whole), {
    operationId: "MetricHistoryBulk",
    tag: MlflowService.name,
    description: "The points of one metric of up to 100 runs.",
    query: [
      { name: "run_id", required: true, schema: texts },
      { name: "metric_key", required: true },
      { name: "max_results", schema: integer },
    ],
    answers: ["application/json"],
  }),
  ...describedRoute(pathOf(sampled), {
    operationId: "MetricHistoryBulkInterval",
    tag: MlflowService.name,
    description: "A sample of the points of one metric of up to 100 runs, from a range of steps.",
    query: [
      { name: "run_ids", required: true, schema: texts },
      { name: "metric_key", required: true },
      ...["start_step", "end_step", "max_results"].map((name) => ({ name, schema: integer })),
    ],
    answers: ["application/json"],
  }),
};

export interface BulkHistoryOptions {
  histories: MetricHistoryBulk;
  surround: Surround;
}

/**
 * The histories of many runs at once, which MLflow's pages ask for since 2.0. They are no RPCs of MLflow's 1.28 protos, so
 * each is a call of getMetricHistory as far as permissions go.
 */
export async function bulkHistoryRoutes(app: FastifyInstance, options: BulkHistoryOptions): Promise<void> {
  const { histories, surround } = options;
  const { getMetricHistory } = MlflowService.method;
  const routes = [
    { path: whole, runs: "run_id", answer: histories.all },
    { path: sampled, runs: "run_ids", answer: histories.sampled },
  ];
  for (const { path, runs, answer } of routes)
    app.get(pathOf(path), async (request, reply) => {
      const text = await surround(
        getMetricHistory,
        request,
        reply,
        () => create(getMetricHistory.input),
        (_message, context) =>
          answer(context.values.get(projectKey), {
            runIds: [...list(request, runs), ...list(request, `${runs}[]`)],
            metricKey: single(request, "metric_key"),
            maxResults: single(request, "max_results"),
            startStep: single(request, "start_step"),
            endStep: single(request, "end_step"),
          }),
      );
      return sendJson(request, reply, text);
    });
}

/** The values of a parameter of the query, however often it is given. */
function list(request: FastifyRequest, name: string): string[] {
  const value = (request.query as Record<string, string | string[] | undefined>)[name];
  return value === undefined ? [] : [value].flat();
}

/** The value of a parameter of the query; undefined when absent. @throws INVALID_PARAMETER_VALUE when there are several. */
function single(request: FastifyRequest, name: string): string | undefined {
  const [value, ...more] = list(request, name);
  if (more.length > 0) throw invalid(`Invalid value for parameter '${name}': it is given more than once.`);
  return value;
}
