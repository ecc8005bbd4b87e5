import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  ListExperiments_ResponseSchema,
  type MlflowService,
  SearchExperiments_ResponseSchema,
  SearchRuns_ResponseSchema,
  ViewType,
} from "../../gen/mlflow/service_pb.js";
import { acceptsJsonText } from "../auth/context-keys.ts";
import { invalid } from "../errors.ts";
import { parseExperimentFilter, parseExperimentOrderBy } from "../search/experiments.ts";
import { parseRunFilter, parseRunOrderBy } from "../search/runs.ts";
import { rememberRead } from "../store/remembered-read.ts";
import { readRunsJson, readRunTexts } from "../store/run-data.ts";
import { findRunInputs } from "../store/run-inputs.ts";
import * as store from "../store/search-experiments.ts";
import { searchRuns } from "../store/search-runs.ts";
import { shareRead } from "../store/shared-read.ts";
import { inQuery, project } from "./context.ts";
import type { Deps } from "./deps.ts";
import { JsonBytes, jsonMessage, wholeJson } from "./json-text.ts";
import { pagesOf, textOf } from "./pages.ts";
import { toRun } from "./run-messages.ts";

const defaultResults = 1000;
const mostResults = 50_000;

/**
 * The three listings with filters, orders and pages: behaviour.md §5, §9. A next_page_token comes only if more follow;
 * MLflow 1.28 gives one whenever a page is full, so that its clients ask for a last page that is empty.
 */
export const search = ({ db }: Deps) => {
  /** The answer of a listing of experiments, whose message is `desc`; those who ask for JSON share it. */
  async function listing(
    ctx: HandlerContext,
    about: readonly unknown[],
    desc: typeof SearchExperiments_ResponseSchema | typeof ListExperiments_ResponseSchema,
    read: (
      withState: boolean,
    ) => Promise<{ json: string; state: string | undefined; nextPageToken?: string }>,
  ): Promise<object> {
    const page = async (withState: boolean) => {
      const { json, state, ...token } = await read(withState);
      return { text: listJson("experiments", json, token), state };
    };
    if (!ctx.values.get(acceptsJsonText)) return jsonMessage(ctx, desc, (await page(false)).text);
    const question = textOf(about);
    return await shareRead(db, question, () =>
      rememberRead(db, question, {
        state: () => store.experimentsState(db, project(ctx)),
        read: async (withState) => {
          const { text, state } = await page(withState);
          return { answer: new JsonBytes(text), state };
        },
      }),
    );
  }

  return {
    async searchRuns(req, ctx) {
      const { maxResults, filter, orderBy } = req;
      if (maxResults > mostResults && inQuery(ctx))
        throw invalid(`${wrongCount} most ${mostResults}, but got value ${maxResults}`);
      if (maxResults < 0 || maxResults > mostResults) throw badCount(maxResults);
      const conditions = parseRunFilter(filter);
      const orders = parseRunOrderBy(orderBy);
      const experiments = experimentKeys(req.experimentIds);
      const pages = await pagesOf(db, [
        "runs/search",
        project(ctx),
        experiments,
        filter,
        orderBy,
        req.runViewType,
      ]);
      const after = pages.open(req.pageToken);
      if (maxResults === 0) return {};
      const { rows, next } = await searchRuns(db, {
        project: project(ctx),
        experiments,
        ...inStage(req.runViewType),
        conditions,
        orders,
        limit: maxResults,
        ...(after === undefined ? {} : { after }),
      });
      const token = pages.token(next);
      const runKeys = rows.map((row) => row.run_key);
      if (!rows.some((row) => row.has_inputs)) {
        const json = await readRunsJson(db, project(ctx), runKeys);
        if (json === undefined) throw tooLong();
        return wholeJson(ctx, SearchRuns_ResponseSchema, listJson("runs", json, token));
      }
      const [texts, inputs] = await Promise.all([
        readRunTexts(db, project(ctx), runKeys),
        findRunInputs(db, project(ctx), rows),
      ]);
      return { runs: texts.map((text) => toRun(ctx, text, inputs.get(text.run_key))), ...token };
    },

    async searchExperiments(req, ctx) {
      const { filter, orderBy, viewType } = req;
      // MLflow 1.28 refuses a search without max_results (behaviour.md §14.4).
      const limit = Object.hasOwn(req, "maxResults") ? req.maxResults : BigInt(defaultResults);
      if (limit < 1n)
        throw invalid(`Invalid value for max_results. It must be a positive integer, but got ${limit}`);
      if (limit > mostResults)
        throw invalid(`Invalid value for max_results. It must be at most ${mostResults}, but got ${limit}`);
      const conditions = parseExperimentFilter(filter);
      const orders = parseExperimentOrderBy(orderBy);
      const about = ["experiments/search", project(ctx), filter, orderBy, viewType];
      const pages = await pagesOf(db, about);
      const after = pages.open(req.pageToken);
      return await listing(
        ctx,
        [...about, limit, req.pageToken],
        SearchExperiments_ResponseSchema,
        async (withState) => {
          const { json, state, next } = await store.searchExperiments(db, {
            project: project(ctx),
            ...inStage(viewType),
            conditions,
            orders,
            limit: Number(limit),
            ...(after === undefined ? {} : { after }),
            withState,
          });
          return { json, state, ...pages.token(next) };
        },
      );
    },

    async listExperiments(req, ctx) {
      const { maxResults, viewType } = req;
      const all = !Object.hasOwn(req, "maxResults");
      if (!all && maxResults < 1n) throw invalid(`${wrongCount} least 1, but got value ${maxResults}`);
      if (!all && maxResults > mostResults)
        throw invalid(`${wrongCount} most ${mostResults}, but got value ${maxResults}`);
      const about = ["experiments/list", project(ctx), viewType];
      const pages = await pagesOf(db, about);
      // A list of everything has no second page, so a token says nothing.
      const after = all ? undefined : pages.open(req.pageToken);
      const limit = all ? {} : { limit: Number(maxResults) };
      return await listing(
        ctx,
        [...about, limit, all ? "" : req.pageToken],
        ListExperiments_ResponseSchema,
        async (withState) => {
          const { json, state, next } = await store.searchExperiments(db, {
            project: project(ctx),
            ...inStage(viewType),
            conditions: [],
            orders: [{ kind: "attribute", key: "experiment_id", ascending: true }],
            ...limit,
            ...(after === undefined ? {} : { after }),
            withState,
          });
          return { json, state, ...pages.token(next) };
        },
      );
    },
  } satisfies Partial<ServiceImpl<typeof MlflowService>>;
};

/** A page of a listing: its items, joined by commas, in the list `name`, which is left out when it is empty. */
function listJson(name: string, items: string, { nextPageToken }: { nextPageToken?: string }): string {
  const list = items === "" ? [] : [`"${name}":[${items}]`];
  return `{${[...list, ...(nextPageToken === undefined ? [] : [`"next_page_token":"${nextPageToken}"`])].join()}}`;
}

const tooLong = () =>
  invalid(
    "These runs have more data than one answer holds: ask for fewer at a time by 'max_results', or export them.",
  );

const wrongCount = "Invalid value for request parameter max_results. It must be at";

const badCount = (count: number) =>
  invalid(
    `Invalid value ${count} for parameter 'max_results' supplied. Hint: Value was of type 'int'. See the API docs for more information about request parameters.`,
  );

const greatestId = 2n ** 63n - 1n;

/** The ids that can exist, each once and in order; what cannot be an id finds nothing (behaviour.md §9). */
export function experimentKeys(ids: readonly string[]): bigint[] {
  const keys = ids.filter((id) => /^\d{1,40}$/.test(id)).map(BigInt);
  return [...new Set(keys)].filter((key) => key <= greatestId).sort((a, b) => (a < b ? -1 : 1));
}

function inStage(view: ViewType): { stage?: "active" | "deleted" } {
  switch (view) {
    case ViewType.ALL:
      return {};
    case ViewType.DELETED_ONLY:
      return { stage: "deleted" };
    default:
      return { stage: "active" };
  }
}
