import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import type {
  ContextValues,
  HandlerContext,
  Interceptor,
  UnaryRequest,
  UnaryResponse,
} from "@connectrpc/connect";
import type { FastifyReply, FastifyRequest } from "fastify";
import { acceptsJsonText, protocolKey } from "../auth/context-keys.ts";
import { valuesOf } from "./call-values.ts";

/**
 * Makes a plain HTTP request a call of an RPC, surrounded by the interceptors that surround it on every other protocol.
 * The byte routes of artifacts are calls as well.
 */
export type Surround = <T>(
  method: DescMethodUnary,
  request: FastifyRequest,
  reply: FastifyReply,
  /** Reads the request's message; called once the interceptors have let the call through, so after authorisation. */
  read: () => Message | Promise<Message>,
  run: (message: Message, context: HandlerContext) => Promise<T> | T,
) => Promise<T>;

type AnyFn = Parameters<Interceptor>[0];

/** Composes `interceptors`, the first outermost. */
export function surroundWith(interceptors: readonly Interceptor[]): Surround {
  const innermost: AnyFn = async (request) => {
    if (!(request instanceof RestCall))
      throw new Error("an interceptor has to pass on the request it was given");
    const message = request.read();
    request.result = await request.run(message instanceof Promise ? await message : message, request);
    return new RestAnswer(request);
  };
  const outermost = interceptors.reduceRight<AnyFn>((next, interceptor) => interceptor(next), innermost);
  return async <T>(
    method: DescMethodUnary,
    request: FastifyRequest,
    reply: FastifyReply,
    read: () => Message | Promise<Message>,
    run: (message: Message, context: HandlerContext) => Promise<T> | T,
  ) => {
    const call = new RestCall<T>(method, request, reply, read, run);
    await outermost(call);
    for (const [name, value] of call.responseHeaders()) reply.header(name, value);
    return call.result as T;
  };
}

/** The call, as interceptors see it (UnaryRequest) and as handlers do (HandlerContext). What few need is made when asked for. */
class RestCall<T> implements UnaryRequest, HandlerContext {
  readonly stream = false;
  readonly protocolName = "rest";
  readonly method: DescMethodUnary;
  readonly contextValues: ContextValues;
  readonly read: () => Message | Promise<Message>;
  readonly run: (message: Message, context: HandlerContext) => Promise<T> | T;
  result: T | undefined;
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  #header: Headers | undefined;
  #responseHeader: Headers | undefined;
  #abort: AbortController | undefined;

  constructor(
    method: DescMethodUnary,
    request: FastifyRequest,
    reply: FastifyReply,
    read: () => Message | Promise<Message>,
    run: (message: Message, context: HandlerContext) => Promise<T> | T,
  ) {
    this.method = method;
    this.read = read;
    this.run = run;
    this.#request = request;
    this.#reply = reply;
    this.contextValues = valuesOf(request).set(protocolKey, "rest").set(acceptsJsonText, true);
  }

  get message(): Message {
    throw new Error("the message is read after the interceptors, none of which may depend on it");
  }

  get service() {
    return this.method.parent;
  }

  get requestMethod() {
    return this.#request.method;
  }

  get url() {
    return this.#request.originalUrl;
  }

  get header() {
    this.#header ??= toHeaders(this.#request.headers);
    return this.#header;
  }

  get requestHeader() {
    return this.header;
  }

  get responseHeader() {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  /** HTTP/1.1 clients read no trailers; what is set here is not sent. */
  get responseTrailer() {
    return new Headers();
  }

  get values() {
    return this.contextValues;
  }

  /** Aborts when the connection is gone before the answer. */
  get signal() {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      const { raw } = this.#reply;
      if (raw.destroyed) abort.abort();
      raw.once("close", () => {
        if (!raw.writableFinished) abort.abort();
      });
      this.#abort = abort;
    }
    return this.#abort.signal;
  }

  readonly timeoutMs = () => undefined;

  responseHeaders(): Iterable<[string, string]> {
    return this.#responseHeader ?? [];
  }
}

/** The answer, as interceptors see it: headers to add to, and no message, since it is no message on the way to JSON. */
class RestAnswer implements UnaryResponse {
  readonly stream = false;
  readonly #call: RestCall<unknown>;

  constructor(call: RestCall<unknown>) {
    this.#call = call;
  }

  get method() {
    return this.#call.method;
  }

  get service() {
    return this.#call.service;
  }

  get message() {
    return this.#call.result as Message;
  }

  get header() {
    return this.#call.responseHeader;
  }

  get trailer() {
    return this.#call.responseTrailer;
  }
}

function toHeaders(raw: FastifyRequest["headers"]): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    if (name.startsWith(":")) continue; // HTTP/2's pseudo-headers
    for (const item of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, item);
  }
  return headers;
}
