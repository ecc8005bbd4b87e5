import type { DescMessage, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  type ExportMetricHistoriesRequestSchema,
  type ExportRunsRequestSchema,
  ExportService,
} from "../../gen/loggia/v1/export_pb.js";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { invalid } from "../errors.ts";
import { everything, moreAttributes } from "../services/export-columns.ts";
import type { ExportSource } from "../services/exports.ts";
import { gather, type PartialAnswer, type PartialText, sendText, streamOf } from "./answer.ts";
import type { Surround } from "./call.ts";
import { attachment } from "./content-disposition.ts";
import { describedRoute, flag, texts } from "./described-route.ts";
import { type CsvOptions, csv } from "./export-csv.ts";
import { pointLines, runLines } from "./export-ndjson.ts";
import { parquet } from "./export-parquet.ts";
import { pointColumns, runColumns, toTableRow } from "./export-table.ts";
import { parseQuery } from "./json-query.ts";
import { parameter } from "./query-parameter.ts";
import { cutWhenStalled } from "./stalled-reader.ts";

export interface ExportOptions {
  source: ExportSource;
  surround: Surround;
}

const formats = {
  csv: "text/csv; charset=utf-8; header=present",
  ndjson: "application/x-ndjson",
  parquet: "application/vnd.apache.parquet",
} as const;
type Format = keyof typeof formats;

/** Lists that have the names of single values in a query: `experiment_id=1&experiment_id=2`. So may `columns`. */
const singular = ["experiment_id", "run_id", "metric_key"];

const pathOf = (of: "runs" | "metrics") => `/api/1.0/loggia/export/${of}`;

/** The routes, as OpenAPI describes them. */
export const exportPaths = {
  ...describedExport("runs", ExportService.method.exportRuns.input),
  ...describedExport("metrics", ExportService.method.exportMetricHistories.input),
};

function describedExport(of: "runs" | "metrics", input: DescMessage) {
  const own = input.fields.map(({ name, fieldKind }) => ({
    name: singular.find((one) => `${one}s` === name) ?? name,
    ...(fieldKind === "list" && { schema: texts }),
  }));
  return describedRoute(pathOf(of), {
    operationId: `Export_${of}`,
    tag: ExportService.name,
    description: `The ${of === "runs" ? "runs" : "metric histories"} of ExportService as a file, in the format that is asked for.`,
    query: [
      { name: "format", schema: { type: "string", enum: Object.keys(formats), default: "csv" } },
      ...own,
      { name: "escape_formulas", schema: flag },
    ],
    answers: Object.values(formats),
  });
}

/** An export that has begun: its first bytes are at hand, so what is wrong with the request is known. */
interface Begun {
  name: string;
  format: Format;
  body: string | PartialText | PartialAnswer<Buffer>;
}

/**
 * The exports of ExportService as files: CSV, NDJSON and Parquet, made while they are sent, however long they are. REST has no
 * streams of messages, so as far as permissions go they are calls of searchRuns and getMetricHistory, which need the same.
 */
export async function exportRoutes(app: FastifyInstance, { source, surround }: ExportOptions): Promise<void> {
  const { exportRuns, exportMetricHistories } = ExportService.method;
  const { searchRuns, getMetricHistory } = MlflowService.method;

  /** A route that is a call of `method`, takes the parameters of `input`, and answers with the file that `begin` begins. */
  const route = <Input extends DescMessage>(
    of: "runs" | "metrics",
    method: DescMethodUnary,
    input: Input,
    begin: (
      source: ExportSource,
      ctx: HandlerContext,
      request: FastifyRequest,
      given: MessageShape<Input>,
    ) => Promise<Begun>,
  ) =>
    app.route({
      method: "GET",
      url: pathOf(of),
      exposeHeadRoute: false,
      async handler(request, reply) {
        const begun = await surround(
          method,
          request,
          reply,
          () => parseQuery(input, queryOf(request)),
          (message, ctx) => begin(source, ctx, request, message as MessageShape<Input>),
        );
        return send(request, reply, begun);
      },
    });

  route("runs", searchRuns, exportRuns.input, beginRuns);
  route("metrics", getMetricHistory, exportMetricHistories.input, beginMetrics);
}

/** GitLab's CSV has no tags; they are there when they are asked for. */
const usualColumns: Record<Format, readonly string[]> = {
  csv: ["params", "metrics"],
  ndjson: everything,
  parquet: [...moreAttributes, ...everything],
};

async function beginRuns(
  source: ExportSource,
  ctx: HandlerContext,
  request: FastifyRequest,
  given: MessageShape<typeof ExportRunsRequestSchema>,
): Promise<Begun> {
  const format = formatOf(request);
  const options = csvOptions(request);
  const columns = given.columns.length > 0 ? given.columns : usualColumns[format];
  const begun = await source.runs(ctx, { ...given, columns });
  const name = `${begun.experimentName ?? "all"}-runs`;
  if (format === "ndjson") return { name, format, body: await gather(runLines(ctx, begun.parts)) };
  const table = runColumns(await begun.columns(), { prefix: format === "parquet" });
  const rows = mapped(begun.parts, ({ runs }) => runs.map(toTableRow));
  return format === "csv"
    ? { name, format, body: await gather(csv(table, rows, options)) }
    : { name, format, body: await begin(parquet(table, rows, ({ size }) => size)) };
}

async function beginMetrics(
  source: ExportSource,
  ctx: HandlerContext,
  request: FastifyRequest,
  given: MessageShape<typeof ExportMetricHistoriesRequestSchema>,
): Promise<Begun> {
  const format = formatOf(request);
  const options = csvOptions(request);
  const { parts, experimentName } = await source.metrics(ctx, given);
  const name = `${experimentName ?? "all"}-metrics`;
  if (format === "ndjson") return { name, format, body: await gather(pointLines(parts)) };
  const rows = mapped(parts, ({ points }) => points);
  return format === "csv"
    ? { name, format, body: await gather(csv(pointColumns, rows, options)) }
    : { name, format, body: await begin(parquet(pointColumns, rows, () => 100)) };
}

async function* mapped<From, To>(items: AsyncIterable<From>, to: (item: From) => To): AsyncGenerator<To> {
  for await (const item of items) yield to(item);
}

async function begin(chunks: AsyncGenerator<Buffer>) {
  const { value: beginning = Buffer.alloc(0) } = await chunks.next();
  return { beginning, rest: chunks };
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { name, format, body }: Begun,
): FastifyReply | Promise<FastifyReply> {
  cutWhenStalled(reply.raw);
  reply.header("content-disposition", attachment(`${fileName(name)}.${format}`));
  if (isText(body)) return sendText(request, reply, body, formats[format]);
  return reply.header("content-type", formats[format]).send(streamOf(body));
}

const isText = (body: Begun["body"]): body is string | PartialText =>
  typeof body === "string" || typeof body.beginning === "string";

/** A name that every file system takes: no separators, wildcards or control characters, and not too long. */
const fileName = (name: string) =>
  [...name.replace(/[\p{Cc}\p{Cf}/\\:*?"<>|]/gu, "_")].slice(0, 100).join("").replace(/^\.+/, "_");

/** What follows the `?`, in which lists may have the names of single values. */
function queryOf({ originalUrl }: FastifyRequest): string {
  const [, query = ""] = /\?(.*)/s.exec(originalUrl) ?? [];
  return query.replace(singularNames, "$1s");
}

const singularNames = new RegExp(`(?<=^|&)(${[...singular, "column"].join("|")})(?==)`, "g");

function formatOf(request: FastifyRequest): Format {
  const format = parameter(request, "format") ?? "csv";
  if (!Object.hasOwn(formats, format))
    throw invalid(
      `Invalid value for parameter 'format': it must be ${Object.keys(formats).join(", ")}, but is ${JSON.stringify(format.slice(0, 100))}.`,
    );
  return format as Format;
}

function csvOptions(request: FastifyRequest): CsvOptions {
  const text = parameter(request, "escape_formulas") ?? "false";
  if (text !== "true" && text !== "false")
    throw invalid("Invalid value for parameter 'escape_formulas': it must be true or false.");
  return { escapeFormulas: text === "true" };
}
