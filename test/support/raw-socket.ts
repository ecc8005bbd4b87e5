import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A TCP connection to a server under test, for what HTTP clients would never send. */
export class RawSocket {
  readonly socket: Socket;
  #received = "";
  #heard = Promise.withResolvers<void>();
  #ended = false;

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.setEncoding("latin1");
    this.socket.on("data", (chunk: string) => {
      this.#received += chunk;
      this.#wake();
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  #wake() {
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }

  send(text: string): this {
    this.socket.write(text, "latin1");
    return this;
  }

  /** What has arrived once it matches; fails after five seconds, or when the connection ends before. */
  async until(pattern: RegExp): Promise<string> {
    const late = sleep(5_000, undefined, { ref: false });
    while (!pattern.test(this.#received)) {
      if (this.#ended) throw new Error(`the connection ended; received: ${this.#received}`);
      const heard = await Promise.race([this.#heard.promise.then(() => true), late]);
      if (heard !== true) throw new Error(`nothing matches ${pattern}; received: ${this.#received}`);
    }
    return this.#received;
  }

  /** All that arrived until the server closed the connection; fails after five seconds. */
  async closed(): Promise<string> {
    const late = sleep(5_000, undefined, { ref: false });
    while (!this.#ended) {
      const heard = await Promise.race([this.#heard.promise.then(() => true), late]);
      if (heard !== true) throw new Error(`the connection is still open; received: ${this.#received}`);
    }
    return this.#received;
  }
}
