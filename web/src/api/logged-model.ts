import { queryOptions } from "@tanstack/react-query";
import { byName } from "../format/by-name.ts";
import { mlflow } from "./mlflow.ts";

/** What was logged to a model itself, as MLflow 3 does. */
export interface ModelData {
  /** By key. */
  params: readonly { key: string; value: string }[];
  /** The latest of each, by key and data set. */
  metrics: readonly {
    key: string;
    /** May be NaN or an infinity. */
    value: number;
    /** What it was measured on; empty when nothing was said. */
    dataset: string;
  }[];
}

/** @param id its model id; none for what is no logged model of MLflow 3. */
export const modelDataQuery = (project: string, id: string | undefined) =>
  queryOptions({
    queryKey: ["loggedModel", project, id],
    enabled: id !== undefined,
    async queryFn({ signal }): Promise<ModelData> {
      const { model } = await (await mlflow(project)).getLoggedModel({ modelId: id ?? "" }, { signal });
      const { params = [], metrics = [] } = model?.data ?? {};
      return {
        params: params.map(({ key, value }) => ({ key, value })).sort(byKey),
        metrics: metrics
          .map(({ key, value, datasetName: dataset }) => ({ key, value, dataset }))
          .sort((a, b) => byKey(a, b) || byName(a.dataset, b.dataset)),
      };
    },
  });

const byKey = (a: { key: string }, b: { key: string }) => byName(a.key, b.key);
