/** Requests of a stream, sent one by one as a test says. */
export interface Outgoing<Request> extends AsyncIterable<Request> {
  send(...requests: Request[]): void;
  /** Ends the sender's side. */
  end(): void;
  /** How many the transport has asked for. */
  readonly taken: number;
}

export function outgoing<Request>(): Outgoing<Request> {
  const waiting: Request[] = [];
  let isEnded = false;
  let taken = 0;
  let changed = Promise.withResolvers<void>();
  const tell = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  return {
    send(...requests) {
      waiting.push(...requests);
      tell();
    },
    end() {
      isEnded = true;
      tell();
    },
    get taken() {
      return taken;
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) {
          taken++;
          yield next;
        } else if (isEnded) return;
        else await changed.promise;
      }
    },
  };
}

/** The answers of a stream, taken one by one. */
export function answers<Answer>(stream: AsyncIterable<Answer>): {
  /** @throws Error when the stream ends instead */
  next(): Promise<Answer>;
  rest(): Promise<Answer[]>;
  /** Takes answers until one is as wanted. */
  until(wanted: (answer: Answer) => boolean): Promise<Answer>;
  /** Leaves the stream, as a reader that goes away. */
  leave(): Promise<void>;
} {
  const iterator = stream[Symbol.asyncIterator]();
  const next = async () => {
    const item = await iterator.next();
    if (item.done) throw new Error("the stream has ended");
    return item.value;
  };
  return {
    next,
    async rest() {
      const all: Answer[] = [];
      for (let item = await iterator.next(); !item.done; item = await iterator.next()) all.push(item.value);
      return all;
    },
    async until(wanted) {
      for (;;) {
        const answer = await next();
        if (wanted(answer)) return answer;
      }
    },
    async leave() {
      await iterator.return?.();
    },
  };
}
