import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { CandidateService } from "../../../gen/loggia/v1/candidates_pb.js";
import {
  ModelRegistryService,
  type ModelVersion as ModelVersionMessage,
  type RegisteredModel as RegisteredModelMessage,
} from "../../../gen/mlflow/model_registry_pb.js";
import { failureOf } from "./failure.ts";
import { queries } from "./queries.ts";
import { client } from "./transport.ts";

export const stages = ["None", "Staging", "Production", "Archived"] as const;
export type ModelStage = (typeof stages)[number];

export interface ModelVersion {
  model: string;
  /** A number from 1, as text. */
  version: string;
  stage: ModelStage;
  aliases: readonly string[];
  /** Markdown. */
  description: string;
  tags: readonly (readonly [key: string, value: string])[];
  /** Where its files are, as whoever registered it said. */
  source: string;
  /** The run that made it; empty when none is named. */
  runId: string;
  /** The logged model that it was made from; empty when none is named. */
  loggedModelId: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  updatedAt: number;
}

export interface RegisteredModel {
  name: string;
  /** Markdown. */
  description: string;
  tags: readonly (readonly [key: string, value: string])[];
  aliases: readonly { alias: string; version: string }[];
  /** The latest of each stage, the greatest version first. */
  latest: readonly ModelVersion[];
  /** Milliseconds since the epoch. */
  createdAt: number;
  updatedAt: number;
}

/** As the server calls the columns that models can be ordered by. */
export type ModelOrder = "name" | "last_updated_timestamp" | "creation_timestamp";

const modelsPerPage = 100;
const versionsPerPage = 50;

/** A text for LIKE, between double quotes: those that it has cannot be escaped, and so match any character. */
const literal = (text: string) => text.replace(/[\\%_]/g, "\\$&").replaceAll('"', "_");

export const modelsQuery = (
  project: string,
  { search, order, descending }: { search: string; order: ModelOrder; descending: boolean },
) =>
  infiniteQueryOptions({
    queryKey: ["models", project, search, order, descending],
    initialPageParam: "",
    getNextPageParam: (page: { next: string }) => page.next || undefined,
    async queryFn({ signal, pageParam }) {
      const { registeredModels, nextPageToken } = await client(
        ModelRegistryService,
        project,
      ).searchRegisteredModels(
        {
          ...(search === "" ? {} : { filter: `name ILIKE "%${literal(search)}%"` }),
          orderBy: [`${order} ${descending ? "DESC" : "ASC"}`],
          maxResults: BigInt(modelsPerPage),
          pageToken: pageParam,
        },
        { signal },
      );
      return { models: registeredModels.map(toModel), next: nextPageToken };
    },
  });

/** The names of some models that have a text in their names, to choose from. */
export const modelsOfferedQuery = (project: string, search: string) =>
  queryOptions({
    queryKey: ["models", project, "offered", search],
    async queryFn({ signal }) {
      const { registeredModels } = await client(ModelRegistryService, project).searchRegisteredModels(
        { filter: `name ILIKE "%${literal(search)}%"`, maxResults: 20n },
        { signal },
      );
      return registeredModels.map(({ name }) => name);
    },
  });

export const modelQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["models", project, "one", name],
    async queryFn({ signal }) {
      const { registeredModel } = await client(ModelRegistryService, project).getRegisteredModel(
        { name },
        { signal },
      );
      return toModel(registeredModel as RegisteredModelMessage);
    },
  });

/** The versions of a model, the newest first. */
export const versionsQuery = (project: string, name: string) =>
  infiniteQueryOptions({
    queryKey: ["models", project, "versions", name],
    initialPageParam: "",
    getNextPageParam: (page: { next: string }) => page.next || undefined,
    async queryFn({ signal, pageParam }) {
      const { modelVersions, nextPageToken } = await client(
        ModelRegistryService,
        project,
      ).searchModelVersions(
        {
          filter: `name LIKE "${literal(name)}"`,
          orderBy: ["version_number DESC"],
          maxResults: BigInt(versionsPerPage),
          pageToken: pageParam,
        },
        { signal },
      );
      return {
        versions: modelVersions.filter((version) => version.name === name).map(toVersion),
        next: nextPageToken,
      };
    },
  });

export const versionQuery = (project: string, name: string, version: string) =>
  queryOptions({
    queryKey: ["models", project, "version", name, version],
    async queryFn({ signal }) {
      const { modelVersion } = await client(ModelRegistryService, project).getModelVersion(
        { name, version },
        { signal },
      );
      return toVersion(modelVersion as ModelVersionMessage);
    },
  });

/** The run that a version was made from, as far as a link needs it; null when it is gone. */
export const sourceRunQuery = (project: string, runId: string) =>
  queryOptions({
    queryKey: ["candidates", project, "source", runId],
    staleTime: 60_000,
    async queryFn({ signal }) {
      try {
        const { candidate } = await client(CandidateService, project).getCandidate({ runId }, { signal });
        if (candidate === undefined) return null;
        const { iid, name, artifactUri } = candidate;
        return { iid: String(iid), name, artifactUri };
      } catch (error) {
        if (failureOf(error).kind === "absent") return null;
        throw error;
      }
    },
  });

function toModel(message: RegisteredModelMessage): RegisteredModel {
  return {
    name: message.name,
    description: message.description,
    tags: message.tags.map(({ key, value }) => [key, value]),
    aliases: message.aliases.map(({ alias, version }) => ({ alias, version })),
    latest: message.latestVersions.map(toVersion).sort((a, b) => Number(b.version) - Number(a.version)),
    createdAt: Number(message.creationTimestamp),
    updatedAt: Number(message.lastUpdatedTimestamp),
  };
}

const toVersion = (message: ModelVersionMessage): ModelVersion => ({
  model: message.name,
  version: message.version,
  stage: stages.find((stage) => stage === message.currentStage) ?? "None",
  aliases: message.aliases,
  description: message.description,
  tags: message.tags.map(({ key, value }) => [key, value]),
  source: message.source,
  runId: message.runId,
  loggedModelId: message.modelId,
  createdAt: Number(message.creationTimestamp),
  updatedAt: Number(message.lastUpdatedTimestamp),
});

/** The changes to registered models and their versions; each makes the pages look again. */
export const changes = (project: string) => {
  const service = client(ModelRegistryService, project);
  const look = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer;
    await queries.invalidateQueries({ queryKey: ["models", project] });
    return value;
  };
  /** A change after which the address of what was changed leads nowhere: pages that show it leave before they look again. */
  const leave = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer;
    await queries.invalidateQueries({ queryKey: ["models", project], refetchType: "none" });
    return value;
  };
  return {
    create: (name: string, description: string) => look(service.createRegisteredModel({ name, description })),
    rename: (name: string, newName: string) => leave(service.renameRegisteredModel({ name, newName })),
    describe: (name: string, description: string) =>
      look(service.updateRegisteredModel({ name, description })),
    delete: (name: string) => leave(service.deleteRegisteredModel({ name })),
    setTag: (name: string, key: string, value: string) =>
      look(service.setRegisteredModelTag({ name, key, value })),
    deleteTag: (name: string, key: string) => look(service.deleteRegisteredModelTag({ name, key })),
    setAlias: (name: string, alias: string, version: string) =>
      look(service.setRegisteredModelAlias({ name, alias, version })),
    deleteAlias: (name: string, alias: string) => look(service.deleteRegisteredModelAlias({ name, alias })),
    describeVersion: (name: string, version: string, description: string) =>
      look(service.updateModelVersion({ name, version, description })),
    setVersionTag: (name: string, version: string, key: string, value: string) =>
      look(service.setModelVersionTag({ name, version, key, value })),
    deleteVersionTag: (name: string, version: string, key: string) =>
      look(service.deleteModelVersionTag({ name, version, key })),
    transition: (name: string, version: string, stage: ModelStage, archiveExistingVersions: boolean) =>
      look(service.transitionModelVersionStage({ name, version, stage, archiveExistingVersions })),
    deleteVersion: (name: string, version: string) => leave(service.deleteModelVersion({ name, version })),
    /**
     * Makes a version of what a run logged, and the model first where there is none of the name yet.
     * @returns the new version's number.
     */
    async register(
      name: string,
      version: { source: string; runId: string; modelId?: string; description: string },
    ): Promise<string> {
      try {
        await service.getRegisteredModel({ name });
      } catch (error) {
        if (failureOf(error).kind !== "absent") throw error;
        await service.createRegisteredModel({ name });
      }
      const { modelVersion } = await look(service.createModelVersion({ name, ...version }));
      return modelVersion?.version ?? "1";
    },
  };
};
