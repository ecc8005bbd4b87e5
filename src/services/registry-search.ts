import type { ServiceImpl } from "@connectrpc/connect";
import type { ModelRegistryService } from "../../gen/mlflow/model_registry_pb.js";
import { invalid } from "../errors.ts";
import type { ModelVersionOrder } from "../search/ast.ts";
import type { CursorValue } from "../search/page-token.ts";
import {
  parseModelVersionFilter,
  parseModelVersionOrderBy,
  parseRegisteredModelFilter,
  parseRegisteredModelOrderBy,
} from "../search/registry.ts";
import { searchModelVersions, searchRegisteredModels } from "../store/search-registry.ts";
import type { Page } from "../store/search-runs.ts";
import { project } from "./context.ts";
import type { Deps } from "./deps.ts";
import { pagesOf } from "./pages.ts";
import { toModelVersion, toRegisteredModel } from "./registry-messages.ts";

const mostModels = 1000;
const mostVersions = 200_000;
const lastUpdated: ModelVersionOrder = {
  kind: "attribute",
  key: "last_updated_timestamp",
  ascending: false,
};

/**
 * The listings of the registry (MLflow 1.28, behaviour.md §11). A next_page_token comes only if more follow. Versions are
 * paged and ordered as newer MLflow does; 1.28 ignores max_results, order_by and page_token there.
 */
export const registrySearch = ({ db }: Deps) =>
  ({
    async listRegisteredModels(req, ctx) {
      const limit = rowsAtMost(mostModels, req.maxResults);
      const about = ["registered-models/list", project(ctx)];
      const { rows, token } = await page(db, about, req.pageToken, limit, (part) =>
        searchRegisteredModels(db, { project: project(ctx), conditions: [], orders: [], ...part }),
      );
      return { registeredModels: rows.map(toRegisteredModel), ...token };
    },

    async searchRegisteredModels(req, ctx) {
      const { filter, orderBy } = req;
      const limit = rowsAtMost(mostModels, req.maxResults);
      const conditions = parseRegisteredModelFilter(filter);
      const orders = parseRegisteredModelOrderBy(orderBy);
      const about = ["registered-models/search", project(ctx), filter, orderBy];
      const { rows, token } = await page(db, about, req.pageToken, limit, (part) =>
        searchRegisteredModels(db, { project: project(ctx), conditions, orders, ...part }),
      );
      return { registeredModels: rows.map(toRegisteredModel), ...token };
    },

    async searchModelVersions(req, ctx) {
      const { filter, orderBy } = req;
      const limit = rowsAtMost(mostVersions, req.maxResults);
      const conditions = parseModelVersionFilter(filter);
      const asked = parseModelVersionOrderBy(orderBy);
      const orders = asked.length > 0 ? asked : [lastUpdated];
      const about = ["model-versions/search", project(ctx), filter, orderBy];
      const { rows, token } = await page(db, about, req.pageToken, limit, (part) =>
        searchModelVersions(db, { project: project(ctx), conditions, orders, ...part }),
      );
      return { modelVersions: rows.map(toModelVersion), ...token };
    },
  }) satisfies Partial<ServiceImpl<typeof ModelRegistryService>>;

/** The page that `pageToken` begins, and the token of the next; 0 asks for nothing, as in runs/search. */
async function page<Row>(
  db: Deps["db"],
  about: readonly unknown[],
  pageToken: string,
  limit: number,
  find: (part: { limit: number; after?: readonly CursorValue[] }) => Promise<Page<Row>>,
): Promise<{ rows: Row[]; token: { nextPageToken?: string } }> {
  const pages = await pagesOf(db, about);
  const after = pages.open(pageToken);
  if (limit === 0) return { rows: [], token: {} };
  const { rows, next } = await find({ limit, ...(after === undefined ? {} : { after }) });
  return { rows, token: pages.token(next) };
}

/** @throws INVALID_PARAMETER_VALUE unless `maxResults` is 0 to `most` */
function rowsAtMost(most: number, maxResults: bigint): number {
  const wrong = "Invalid value for request parameter max_results. It must be at";
  if (maxResults < 0n) throw invalid(`${wrong} least 0, but got value ${maxResults}`);
  if (maxResults > most) throw invalid(`${wrong} most ${most}, but got value ${maxResults}`);
  return Number(maxResults);
}
