import type http2 from "node:http2";
import type { Socket } from "node:net";

/** Milliseconds between two pings of a session with a call in flight; and for the answer to one. */
export const pingInterval = 30_000;
/** Milliseconds after its last call in which a session that is closing may end by itself. */
const timeToLeave = 1_000;

interface State {
  socket: Socket | undefined;
  /** In flight. */
  calls: number;
  idleSince: number;
}

/**
 * The HTTP/2 connections of a server. One with a call in flight is pinged, so that a peer that is gone without a word is
 * noticed, and no firewall forgets a stream on which nothing is said. One without is closed when it has been silent for
 * `keepAliveTimeout` ms.
 */
export function http2Sessions(server: http2.Http2Server, keepAliveTimeout: number, ping = pingInterval) {
  const sessions = new Map<http2.ServerHttp2Session, State>();
  // A session does not give its socket away, and is made while its connection is announced.
  let accepted: Socket | undefined;
  server.prependListener("connection", (socket: Socket) => {
    accepted = socket;
  });
  server.on("session", (session) => {
    const state: State = { socket: accepted, calls: 0, idleSince: performance.now() };
    sessions.set(session, state);
    let isAnswered = true;
    const pinging = setInterval(() => {
      if (state.calls === 0) return;
      if (!isAnswered) return session.destroy();
      isAnswered =
        session.destroyed ||
        !session.ping(() => {
          isAnswered = true;
        });
    }, ping).unref();
    session.on("stream", (stream) => {
      state.calls++;
      stream.once("close", () => {
        state.calls--;
        state.idleSince = performance.now();
      });
    });
    session.setTimeout(keepAliveTimeout, () => {
      if (state.calls === 0) session.close();
    });
    session.once("close", () => {
      clearInterval(pinging);
      sessions.delete(session);
    });
  });
  return {
    /** Lets calls in flight end. */
    close() {
      for (const session of sessions.keys()) session.close();
    },
    /** Ends those whose calls have ended and whose peer does not hang up. */
    sweep() {
      const before = performance.now() - timeToLeave;
      for (const [session, { socket, calls, idleSince }] of sessions)
        if (session.closed && calls === 0 && idleSince < before) socket?.destroy();
    },
    destroy() {
      for (const session of sessions.keys()) session.destroy();
    },
  };
}
