import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@connectrpc/connect";
import type { IngestService } from "../../gen/loggia/v1/ingest_pb.js";
import { outgoing } from "./outgoing.ts";

interface Request {
  sequence: bigint;
  writes: object[];
  producer?: { id: string; epoch: bigint };
}

/**
 * Sends over a stream as a client does that means to lose nothing: what is not acknowledged is kept and, when a connection
 * breaks, sent again over the next one.
 */
export class Sender {
  readonly #connect: () => Client<typeof IngestService>;
  readonly #unacknowledged: Request[] = [];
  readonly #id = randomUUID();
  #epoch = 0n;
  #stream: ReturnType<typeof outgoing<Request>> | undefined;
  #isOver = false;
  /** The greatest number that was acknowledged. */
  acknowledged = 0n;
  /** Why connections ended. */
  readonly failures: unknown[] = [];

  constructor(connect: () => Client<typeof IngestService>) {
    this.#connect = connect;
  }

  send(sequence: bigint, writes: object[]): void {
    const request = { sequence, writes };
    this.#unacknowledged.push(request);
    this.#stream?.send(request);
  }

  get waiting(): number {
    return this.#unacknowledged.length;
  }

  async run(): Promise<void> {
    while (!this.#isOver) {
      const stream = outgoing<Request>();
      const producer = { id: this.#id, epoch: ++this.#epoch };
      const [first, ...rest] = this.#unacknowledged;
      if (first !== undefined) stream.send({ ...first, producer }, ...rest);
      this.#stream = first === undefined ? naming(stream, producer) : stream;
      try {
        for await (const { durableSequence, refusals } of this.#connect().ingest(stream)) {
          if (refusals.length > 0) throw new Error(`refused: ${refusals[0]?.error?.message}`);
          this.acknowledged = durableSequence;
          while ((this.#unacknowledged[0]?.sequence ?? durableSequence + 1n) <= durableSequence)
            this.#unacknowledged.shift();
        }
      } catch (error) {
        this.failures.push(error);
      }
      await sleep(20); // the server is being started again
    }
  }

  end(): void {
    this.#isOver = true;
    this.#stream?.end();
  }
}

/** A stream whose first request names its producer. */
function naming(stream: ReturnType<typeof outgoing<Request>>, producer: { id: string; epoch: bigint }) {
  let isNamed = false;
  return {
    ...stream,
    send(...requests: Request[]) {
      for (const request of requests) {
        stream.send(isNamed ? request : { ...request, producer });
        isNamed = true;
      }
    },
    get taken() {
      return stream.taken;
    },
  };
}
