import type pg from "pg";

/** Milliseconds between attempts to connect again: at first, and at most. */
const firstPause = 100;
const longestPause = 5_000;

export interface Listening {
  close(): Promise<void>;
}

/**
 * Listens to a channel of Postgres on a connection of its own, which is made again whenever it breaks.
 * @param connect the connection; from a pool, since it is given back.
 * @param heard called for every notification with what it says, and with "" whenever a connection begins, since what was
 * said before went unheard.
 */
export function listen(
  connect: () => Promise<pg.PoolClient>,
  channel: string,
  heard: (said: string) => void,
): Listening {
  let closed = false;
  let release: (() => void) | undefined;
  let retry: NodeJS.Timeout | undefined;
  let pause = firstPause;

  const again = () => {
    if (closed) return;
    retry = setTimeout(() => {
      connecting = begin();
    }, pause).unref();
    pause = Math.min(pause * 2, longestPause);
  };

  const begin = async () => {
    const client = await connect().catch(() => undefined);
    if (client === undefined) return again();
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      release = undefined;
      client.release(true);
      again();
    };
    release = end;
    client.on("notification", (message) => {
      if (message.channel === channel) heard(message.payload ?? "");
    });
    client.on("error", end);
    client.on("end", end);
    try {
      await client.query(`listen ${client.escapeIdentifier(channel)}`);
    } catch {
      return end();
    }
    if (closed) return end();
    pause = firstPause;
    heard("");
  };

  let connecting = begin();
  return {
    async close() {
      closed = true;
      clearTimeout(retry);
      await connecting;
      release?.();
    },
  };
}
