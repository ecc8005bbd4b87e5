import type { ServiceImpl } from "@connectrpc/connect";
import type { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { invalid } from "../errors.ts";
import {
  parseModelVersionFilter,
  parseModelVersionOrderBy,
  parseRegisteredModelFilter,
  parseRegisteredModelOrderBy,
} from "../search/registry.ts";
import { searchModelVersions, searchRegisteredModels } from "../store/search-registry.ts";
import { project } from "./context.ts";
import type { Deps } from "./deps.ts";
import { pagesOf } from "./pages.ts";
import { toModelVersion, toRegisteredModel } from "./registry-messages.ts";

const mostModels = 1000;
const mostVersions = 200_000;
const defaultVersions = 10_000;

/**
 * The listings of the registry (MLflow 1.28, behaviour.md §11). A next_page_token comes only if more follow. Versions are
 * paged and ordered as newer MLflow does; 1.28 ignores both.
 */
export const registrySearch = ({ db }: Deps) =>
  ({
    async listRegisteredModels(req, ctx) {
      const limit = modelCount(Number(req.maxResults));
      const pages = await pagesOf(db, ["registered-models/list", project(ctx)]);
      const after = pages.open(req.pageToken);
      if (limit === 0) return {};
      const { rows, next } = await searchRegisteredModels(db, {
        project: project(ctx),
        conditions: [],
        orders: [],
        limit,
        ...(after === undefined ? {} : { after }),
      });
      return { registeredModels: rows.map(toRegisteredModel), ...pages.token(next) };
    },

    async searchRegisteredModels(req, ctx) {
      const { filter, orderBy } = req;
      const limit = modelCount(Number(req.maxResults));
      const conditions = parseRegisteredModelFilter(filter);
      const orders = parseRegisteredModelOrderBy(orderBy);
      const pages = await pagesOf(db, ["registered-models/search", project(ctx), filter, orderBy]);
      const after = pages.open(req.pageToken);
      if (limit === 0) return {};
      const { rows, next } = await searchRegisteredModels(db, {
        project: project(ctx),
        conditions,
        orders,
        limit,
        ...(after === undefined ? {} : { after }),
      });
      return { registeredModels: rows.map(toRegisteredModel), ...pages.token(next) };
    },

    async searchModelVersions(req, ctx) {
      const { filter, orderBy } = req;
      const most = Object.hasOwn(req, "maxResults") ? Number(req.maxResults) : defaultVersions;
      if (most < 1)
        throw invalid(
          `Invalid value for request parameter max_results. It must be at least 1, but got value ${most}`,
        );
      if (most > mostVersions)
        throw invalid(
          `Invalid value for request parameter max_results. It must be at most ${mostVersions}, but got value ${most}`,
        );
      const conditions = parseModelVersionFilter(filter);
      const orders = parseModelVersionOrderBy(orderBy);
      const pages = await pagesOf(db, ["model-versions/search", project(ctx), filter, orderBy]);
      const after = pages.open(req.pageToken);
      const { rows, next } = await searchModelVersions(db, {
        project: project(ctx),
        conditions,
        orders:
          orders.length > 0
            ? orders
            : [{ kind: "attribute", key: "last_updated_timestamp", ascending: false }],
        limit: most,
        ...(after === undefined ? {} : { after }),
      });
      return { modelVersions: rows.map(toModelVersion), ...pages.token(next) };
    },
  }) satisfies Partial<ServiceImpl<typeof ModelRegistryService>>;

/** 0 asks for nothing, as in runs/search. @throws INVALID_PARAMETER_VALUE */
function modelCount(count: number): number {
  if (count < 0)
    throw invalid(
      `Invalid value for request parameter max_results. It must be at least 0, but got value ${count}`,
    );
  if (count > mostModels)
    throw invalid(
      `Invalid value for request parameter max_results. It must be at most ${mostModels}, but got value ${count}`,
    );
  return count;
}
