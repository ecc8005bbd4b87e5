import { queryOptions } from "@tanstack/react-query";
import {
  type Experiment as ExperimentMessage,
  ExperimentService,
} from "../../../gen/loggia/v1/experiments_pb.js";
import { mlflow } from "./mlflow.ts";
import { queries } from "./queries.ts";
import { client } from "./transport.ts";

export { descriptionTag, ownTags } from "./tags.ts";

export interface Experiment {
  id: string;
  name: string;
  stage: "active" | "deleted";
  /** Milliseconds since the epoch. */
  createdAt?: number;
  /** When it, or a run of it, changed last. */
  activeAt?: number;
  /** By key. */
  tags: ReadonlyMap<string, string>;
  /** Markdown. */
  description: string;
  /** How many are not deleted. */
  candidates: number;
  /** How many are deleted and not purged. */
  deletedCandidates: number;
  /** A username, or the name of a token; empty where nobody had to say who they are. */
  creator: string;
}

export type Stage = "active" | "deleted";

export const experimentsQuery = (project: string, stage: Stage) =>
  queryOptions({
    queryKey: ["experiments", project, stage],
    async queryFn({ signal }) {
      const experiments: Experiment[] = [];
      let pageToken = "";
      do {
        const page = await client(ExperimentService, project).listExperiments(
          { view: stage, maxResults: 1000, pageToken },
          { signal },
        );
        experiments.push(...page.experiments.map(toExperiment));
        pageToken = page.nextPageToken ?? "";
      } while (pageToken !== "");
      return experiments;
    },
  });

export const experimentQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["experiment", project, id],
    async queryFn({ signal }) {
      const { experiment } = await client(ExperimentService, project).getExperiment(
        { experimentId: id },
        { signal },
      );
      return toExperiment(experiment as ExperimentMessage);
    },
  });

const toExperiment = (message: ExperimentMessage): Experiment => ({
  id: message.experimentId,
  name: message.name,
  stage: message.lifecycleStage === "deleted" ? "deleted" : "active",
  ...(message.creationTime === 0n ? {} : { createdAt: Number(message.creationTime) }),
  ...(message.lastActivityTime === 0n ? {} : { activeAt: Number(message.lastActivityTime) }),
  tags: new Map(message.tags.map(({ key, value }) => [key, value])),
  description: message.description,
  candidates: Number(message.candidateCount),
  deletedCandidates: Number(message.deletedCandidateCount),
  creator: message.creator,
});

/** The changes to experiments; each makes the pages look again. */
export const changes = (project: string) => {
  const look = async <T>(change: (service: Awaited<ReturnType<typeof mlflow>>) => Promise<T>): Promise<T> => {
    const value = await change(await mlflow(project));
    await Promise.all([
      queries.invalidateQueries({ queryKey: ["experiments", project] }),
      queries.invalidateQueries({ queryKey: ["experiment", project] }),
    ]);
    return value;
  };
  return {
    create: (name: string) => look((service) => service.createExperiment({ name })),
    rename: (experimentId: string, newName: string) =>
      look((service) => service.updateExperiment({ experimentId, newName })),
    delete: (experimentId: string) => look((service) => service.deleteExperiment({ experimentId })),
    restore: (experimentId: string) => look((service) => service.restoreExperiment({ experimentId })),
    setTag: (experimentId: string, key: string, value: string) =>
      look((service) => service.setExperimentTag({ experimentId, key, value })),
    deleteTag: (experimentId: string, key: string) =>
      look((service) => service.deleteExperimentTag({ experimentId, key })),
  };
};
