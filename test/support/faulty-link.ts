import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A way to a server that can be refused, frozen and cut, as networks and servers are. */
export interface FaultyLink {
  port: number;
  /** The connections that are open now. */
  open(): number;
  /** Cuts every connection and refuses new ones. */
  refuse(): Promise<void>;
  /** Nothing arrives any more in either direction, also of what is sent by `which` connections; `new` are those that come. */
  freeze(which: "all" | "present" | "new"): void;
  /** Cuts every connection; new ones are taken. */
  cut(): void;
  /** Passes the next message that contains `text` on, and cuts its connection in place of bringing the answer back. */
  loseAnswerTo(text: string): void;
  /** Everything works again; what was sent on a frozen connection is lost with it. */
  heal(): Promise<void>;
  close(): Promise<void>;
}

/** Puts a faulty link in front of a unix socket, or of a port of this machine. */
export async function faultyLink(target: string | number): Promise<FaultyLink> {
  const pairs = new Set<{ near: Socket; far: Socket; frozen: boolean }>();
  let frozen = false;
  let lost: string | undefined;
  let server: Server | undefined;
  let port = 0;

  const cut = () => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
  };

  function take(near: Socket): void {
    const far = typeof target === "number" ? connect(target, "127.0.0.1") : connect(target);
    const pair = { near, far, frozen };
    pairs.add(pair);
    let deaf = false;
    near.on("data", (chunk) => {
      if (pair.frozen) return;
      if (lost !== undefined && chunk.includes(lost)) {
        lost = undefined;
        deaf = true;
      }
      far.write(chunk);
    });
    far.on("data", (chunk) => {
      if (pair.frozen) return;
      if (deaf) near.resetAndDestroy();
      else near.write(chunk);
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on("error", () => {});
      socket.on("close", () => {
        // The end of a connection does not get through a frozen link either.
        if (!pair.frozen) other.destroy();
        if (near.destroyed) pairs.delete(pair);
      });
    }
  }

  async function listen(): Promise<void> {
    server = createServer(take).listen(port, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  }

  async function refuse(): Promise<void> {
    if (server === undefined) return;
    const closed = once(server, "close");
    server.close();
    server = undefined;
    cut();
    await closed;
  }

  await listen();
  return {
    port,
    open: () => pairs.size,
    refuse,
    freeze(which) {
      frozen = which !== "present";
      if (which !== "new") for (const pair of pairs) pair.frozen = true;
    },
    cut,
    loseAnswerTo(text) {
      lost = text;
    },
    async heal() {
      for (const { near, far, frozen: isFrozen } of pairs)
        if (isFrozen) {
          near.destroy();
          far.destroy();
        }
      frozen = false;
      if (server === undefined) await listen();
    },
    close: refuse,
  };
}
