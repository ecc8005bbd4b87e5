import type { Point } from "../charts/points.ts";
import { toPoint } from "./histories.ts";
import { mlflow } from "./mlflow.ts";

/** Every point of one metric of one run, in order and in pages. */
export async function* everyPoint(
  project: string,
  runId: string,
  metricKey: string,
): AsyncGenerator<Point[]> {
  let pageToken = "";
  do {
    const page = await (await mlflow(project)).getMetricHistory({
      runId,
      metricKey,
      maxResults: 50_000,
      ...(pageToken === "" ? {} : { pageToken }),
    });
    yield page.metrics.map(toPoint);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}
