import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { ErrorName } from "../../../../clients/ts/src/node.ts";

/** What calls learn for the calls after them. */
export interface Learned {
  project: bigint;
  projectPath: string;
  /** A user who is there, besides the caller. */
  username: string;
  experiment: string;
  run: string;
  model: string;
  token: bigint;
  personalToken: bigint;
  trust: bigint;
}

/** One call of an RPC: what is asked, and what must come of it. */
export interface Call {
  method: DescMethod;
  ask(learned: Learned): object;
  /** Looks at the answer (of a stream: at its messages), or the code of the error with which the call has to fail. */
  answer: ((answer: never, learned: Learned) => void) | ErrorName;
}

type Method<I extends DescMessage, O extends DescMessage, Kind> = DescMethod & {
  input: I;
  output: O;
  methodKind: Kind;
};

/** A call with one answer. */
export const call = <I extends DescMessage, O extends DescMessage>(
  method: Method<I, O, "unary">,
  ask: (learned: Learned) => MessageInitShape<I>,
  answer: ((answer: MessageShape<O>, learned: Learned) => void) | ErrorName,
): Call => ({ method, ask, answer });

/** A call of which the answer is a stream: `answer` sees its messages, or only the first if it never ends. */
export const stream = <I extends DescMessage, O extends DescMessage>(
  method: Method<I, O, "server_streaming">,
  ask: (learned: Learned) => MessageInitShape<I>,
  answer: ((answer: MessageShape<O>[], learned: Learned) => void) | ErrorName,
): Call => ({ method, ask, answer });

/** A call that streams both ways. */
export const duplex = <I extends DescMessage, O extends DescMessage>(
  method: Method<I, O, "bidi_streaming">,
  ask: (learned: Learned) => MessageInitShape<I>[],
  answer: ((answer: MessageShape<O>[], learned: Learned) => void) | ErrorName,
): Call => ({ method, ask, answer });
