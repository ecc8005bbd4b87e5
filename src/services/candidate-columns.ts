import type { ServiceImpl } from "@connectrpc/connect";
import type { CandidateService } from "../../gen/loggia/v1/candidates_pb.js";
import { invalid } from "../errors.ts";
import { findKeys, findUsers, findValues } from "../store/candidate-keys.ts";
import type { FactKind } from "../store/search-facts.ts";
import { chosenExperiments } from "./candidates.ts";
import { missing, project } from "./context.ts";
import type { Deps } from "./deps.ts";
import { checkStorable } from "./names.ts";
import { between } from "./request-limits.ts";

const mostColumns = 2_000;
const usualValues = 20;
const mostValues = 100;

/** What a run's status can be, in the order of code points. */
const statuses = ["FAILED", "FINISHED", "KILLED", "RUNNING", "SCHEDULED"];

/** What columns and values there are, to choose from. */
export const candidateColumns = ({ db }: Deps) =>
  ({
    async listColumns(req, ctx) {
      const experiments = chosenExperiments(req.experimentIds);
      checkStorable("search", req.search);
      const of = (kind: FactKind) =>
        findKeys(db, project(ctx), experiments, kind, { search: req.search, most: mostColumns });
      const all = await Promise.all([of("metric"), of("param"), of("tag")]);
      const [metrics, params, tags] = all.map(({ keys }) =>
        keys.map(({ key, runs }) => ({ key, runCount: runs })),
      );
      return {
        metrics: metrics ?? [],
        params: params ?? [],
        tags: tags ?? [],
        truncated: all.some(({ isCut }) => isCut),
      };
    },

    async listValues(req, ctx) {
      const { kind, key, prefix } = req;
      const experiments = chosenExperiments(req.experimentIds);
      if (kind === "") throw missing("kind");
      if (key === "") throw missing("key");
      checkStorable("key", key);
      checkStorable("prefix", prefix);
      const most = between("max_results", req.maxResults || usualValues, 1, mostValues);
      switch (kind) {
        case "param":
        case "tag":
          return { values: await findValues(db, project(ctx), experiments, kind, { key, prefix, most }) };
        case "attribute":
          if (key === "status")
            return { values: statuses.filter((status) => status.startsWith(prefix)).slice(0, most) };
          if (key === "user_id")
            return { values: await findUsers(db, project(ctx), experiments, { prefix, most }) };
          throw invalid("Invalid value for parameter 'key': of attributes it must be status or user_id.");
        default:
          throw invalid("Invalid value for parameter 'kind': it must be one of param, tag, attribute.");
      }
    },
  }) satisfies Partial<ServiceImpl<typeof CandidateService>>;
