import { constants, type ServerHttp2Session } from "node:http2";

/** How often something may happen: `burst` times at once, and `rate` times a second from then on. */
export interface Frequency {
  burst: number;
  rate: number;
}

/** Far more than a gRPC client sends, which pings to measure the line while data flows. */
export const controlFrames: Frequency = { burst: 100, rate: 10 };

/**
 * Ends a session whose client sends PING or SETTINGS for the sake of the answers (CVE-2019-9512, CVE-2019-9515). Rapid
 * resets (CVE-2023-44487) are counted by nghttp2 itself: `streamResetBurst` and `streamResetRate`.
 */
export function endFloods(session: ServerHttp2Session, { burst, rate }: Frequency = controlFrames): void {
  let left = burst;
  let before = performance.now();
  const spend = () => {
    const now = performance.now();
    left = Math.min(burst, left + ((now - before) / 1000) * rate) - 1;
    before = now;
    if (left < 0 && !session.destroyed) session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  };
  session.on("ping", spend);
  session.on("remoteSettings", spend);
}
