import type { DescMessage } from "@bufbuild/protobuf";
import type { Interceptor, StreamResponse, Transport } from "@connectrpc/connect";
import { LoggiaError } from "./error.ts";
import type { Settings } from "./settings.ts";

/** Names the project and the caller in the headers of every call. */
export function identify({ project, token }: Settings): Interceptor {
  return (next) => async (request) => {
    if (project !== undefined) request.header.set("loggia-project", project);
    const secret = typeof token === "function" ? await token() : token;
    if (secret !== undefined) request.header.set("authorization", `Bearer ${secret}`);
    return next(request);
  };
}

/**
 * The same transport, of which every error is a LoggiaError and whose streams have no time limit unless they are given one.
 * An interceptor would not see the errors that Connect makes itself, such as of a deadline.
 */
export function withLoggiaErrors(transport: Transport): Transport {
  return {
    async unary(...call) {
      try {
        return await transport.unary(...call);
      } catch (error) {
        throw LoggiaError.from(error);
      }
    },
    async stream(method, signal, timeoutMs = 0, ...rest) {
      try {
        const response = await transport.stream(method, signal, timeoutMs, ...rest);
        return { ...response, message: withErrors(response.message) } satisfies StreamResponse<
          DescMessage,
          DescMessage
        >;
      } catch (error) {
        throw LoggiaError.from(error);
      }
    },
  };
}

async function* withErrors<Message>(messages: AsyncIterable<Message>): AsyncGenerator<Message> {
  try {
    yield* messages;
  } catch (error) {
    throw LoggiaError.from(error);
  }
}
