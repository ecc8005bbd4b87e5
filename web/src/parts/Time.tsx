import { useSyncExternalStore } from "react";
import { ago, duration, exactTime, toSecond } from "../format/time.ts";
import { titleOnHover } from "./title-on-hover.ts";

/** Milliseconds between two moments at which what is told as `5 min ago` is told anew. */
const tick = 20_000;

const listeners = new Set<() => void>();
let ticks = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    ticks++;
    for (const listener of listeners) listener();
  }, tick);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** How long ago, as a text that stays true. */
export function AgoText({ time }: { time: number }) {
  useSyncExternalStore(subscribe, () => ticks);
  return ago(time);
}

/** How long ago; exactly, in the viewer's zone, on hover. */
export const Ago = ({ time }: { time: number | undefined }) =>
  time === undefined ? null : (
    <time dateTime={new Date(time).toISOString()} {...titleOnHover(() => exactTime(time))}>
      <AgoText time={time} />
    </time>
  );

/** When, to the second; exactly, in the viewer's zone, on hover. */
export const Moment = ({ time }: { time: number }) => (
  <time dateTime={new Date(time).toISOString()} {...titleOnHover(() => exactTime(time))}>
    {toSecond(time)}
  </time>
);

/** How long something took; in milliseconds on hover. */
export const Duration = ({ ms }: { ms: number | undefined }) =>
  ms === undefined ? null : <span title={`${ms} ms`}>{duration(ms)}</span>;
