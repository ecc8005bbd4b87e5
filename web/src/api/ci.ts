import { queryOptions } from "@tanstack/react-query";
import { CiService, type Trust } from "../../../gen/loggia/v1/ci_pb.js";
import { changed } from "./changes.ts";
import { client } from "./transport.ts";

export type { Trust };

/** A claim of an id-token, and the texts of which one has to match; `*` stands for any characters. */
export interface Condition {
  claim: string;
  patterns: string[];
}

/** What one needs to connect a CI system to the project. */
export const setupQuery = (project: string) =>
  queryOptions({
    queryKey: ["ci", project, "setup"],
    queryFn: ({ signal }) => client(CiService, project).getSetup({}, { signal }),
  });

export const trustsQuery = (project: string) =>
  queryOptions({
    queryKey: ["ci", project, "trusts"],
    queryFn: async ({ signal }) => (await client(CiService, project).listTrusts({}, { signal })).trusts,
  });

export const changes = (project: string) => {
  const service = client(CiService, project);
  const look = <T>(answer: Promise<T>) => changed(answer, ["ci", project]);
  return {
    trust: (issuer: string, conditions: Condition[], role: string) =>
      look(service.createTrust({ issuer, conditions, role })),
    updateTrust: (trustId: bigint, conditions: Condition[], role: string) =>
      look(service.updateTrust({ trustId, conditions, role })),
    deleteTrust: (trustId: bigint) => look(service.deleteTrust({ trustId })),
    rotateSecret: () => look(service.rotateWebhookSecret({})),
    deleteSecret: () => look(service.deleteWebhookSecret({})),
  };
};
