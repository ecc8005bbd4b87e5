import { queryOptions } from "@tanstack/react-query";
import {
  type Experiment as ExperimentMessage,
  MlflowService,
  ViewType,
} from "../../../gen/mlflow/service_pb.js";
import { queries } from "./queries.ts";
import { client } from "./transport.ts";

export interface Experiment {
  id: string;
  name: string;
  stage: "active" | "deleted";
  /** Milliseconds since the epoch. */
  createdAt?: number;
  updatedAt?: number;
  tags: ReadonlyMap<string, string>;
  /** Markdown. */
  description: string;
  /** Of candidates that are not deleted; absent where nobody counted. */
  candidates?: number;
  creator?: string;
}

export type Stage = "active" | "deleted";

/** MLflow's tag with the description of an experiment or of a run. */
export const descriptionTag = "mlflow.note.content";

/** Tags that people gave: not MLflow's, not ours. */
export const ownTags = (tags: ReadonlyMap<string, string>): [key: string, value: string][] =>
  [...tags].filter(([key]) => !/^(mlflow|loggia)\./.test(key)).sort(([a], [b]) => (a < b ? -1 : 1));

export const experimentsQuery = (project: string, stage: Stage) =>
  queryOptions({
    queryKey: ["experiments", project, stage],
    async queryFn({ signal }) {
      const experiments: Experiment[] = [];
      let pageToken = "";
      do {
        const viewType = stage === "active" ? ViewType.ACTIVE_ONLY : ViewType.DELETED_ONLY;
        const page = await client(MlflowService, project).searchExperiments(
          { maxResults: 1000n, pageToken, viewType },
          { signal },
        );
        experiments.push(...page.experiments.map(toExperiment));
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      return experiments;
    },
  });

export const experimentQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["experiment", project, id],
    async queryFn({ signal }) {
      const { experiment } = await client(MlflowService, project).getExperiment(
        { experimentId: id },
        { signal },
      );
      if (experiment === undefined) throw new Error("getExperiment answered without one");
      return toExperiment(experiment);
    },
  });

function toExperiment(message: ExperimentMessage): Experiment {
  const tags = new Map(message.tags.map(({ key, value }) => [key, value]));
  return {
    id: message.experimentId,
    name: message.name,
    stage: message.lifecycleStage === "deleted" ? "deleted" : "active",
    ...(message.creationTime === 0n ? {} : { createdAt: Number(message.creationTime) }),
    ...(message.lastUpdateTime === 0n ? {} : { updatedAt: Number(message.lastUpdateTime) }),
    tags,
    description: tags.get(descriptionTag) ?? "",
  };
}

/** The changes to experiments; each makes the pages look again. */
export const changes = (project: string) => {
  const service = client(MlflowService, project);
  const look = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer;
    await Promise.all([
      queries.invalidateQueries({ queryKey: ["experiments", project] }),
      queries.invalidateQueries({ queryKey: ["experiment", project] }),
    ]);
    return value;
  };
  return {
    create: (name: string) => look(service.createExperiment({ name })),
    rename: (experimentId: string, newName: string) =>
      look(service.updateExperiment({ experimentId, newName })),
    delete: (experimentId: string) => look(service.deleteExperiment({ experimentId })),
    restore: (experimentId: string) => look(service.restoreExperiment({ experimentId })),
    setTag: (experimentId: string, key: string, value: string) =>
      look(service.setExperimentTag({ experimentId, key, value })),
    deleteTag: (experimentId: string, key: string) =>
      look(service.deleteExperimentTag({ experimentId, key })),
  };
};
