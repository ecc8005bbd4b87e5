import { type DescMessage, fromJson, type MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { acceptsJsonText } from "../auth/context-keys.ts";
import { keepingScope } from "../store/scope.ts";

/**
 * An answer that is already MLflow's JSON: Postgres makes the text and the REST mount passes it on in chunks, so a long
 * history needs neither memory nor a second encoding (spikes.md §4). Only for callers that set `acceptsJsonText`.
 */
export class JsonText {
  readonly chunks: AsyncIterable<string>;

  constructor(chunks: AsyncIterable<string>) {
    // The mount asks for them when the interceptors that set the scope are done.
    this.chunks = keepingScope(chunks);
  }
}

/** As JsonText, the whole of an answer and already encoded, so that many may share it. */
export class JsonBytes {
  readonly bytes: Buffer;

  constructor(json: string) {
    this.bytes = Buffer.from(json);
  }
}

/** A message, an answer or a part of one, that is already MLflow's JSON. As JsonText, only for those callers. */
export class JsonMessage {
  readonly json: string;

  constructor(json: string) {
    this.json = json;
  }
}

/** The message that MLflow's JSON says, for the caller of `ctx`: the text itself, or read to the last digit. */
export const jsonMessage = (ctx: HandlerContext, desc: DescMessage, json: string): object =>
  ctx.values.get(acceptsJsonText) ? new JsonMessage(json) : readJson(desc, json);

/** As jsonMessage, of a whole answer. */
export const wholeJson = (ctx: HandlerContext, desc: DescMessage, json: string): object =>
  ctx.values.get(acceptsJsonText) ? new JsonBytes(json) : readJson(desc, json);

const readJson = <D extends DescMessage>(desc: D, json: string): MessageShape<D> =>
  fromJson(
    desc,
    // int64 is read from text as well as from numbers, which JSON.parse would round.
    JSON.parse(json, (_key, value: unknown, context?: { source: string }) =>
      Number.isInteger(value) && !Number.isSafeInteger(value) ? context?.source : value,
    ),
  );
