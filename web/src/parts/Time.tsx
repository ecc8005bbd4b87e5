import { ago, duration, exactTime, toSecond } from "../format/time.ts";

/** How long ago; exactly, in the viewer's zone, on hover. */
export const Ago = ({ time }: { time: number | undefined }) =>
  time === undefined ? null : (
    <time dateTime={new Date(time).toISOString()} title={exactTime(time)}>
      {ago(time)}
    </time>
  );

/** When, to the second; exactly, in the viewer's zone, on hover. */
export const Moment = ({ time }: { time: number }) => (
  <time dateTime={new Date(time).toISOString()} title={exactTime(time)}>
    {toSecond(time)}
  </time>
);

/** How long something took; in milliseconds on hover. */
export const Duration = ({ ms }: { ms: number | undefined }) =>
  ms === undefined ? null : <span title={`${ms} ms`}>{duration(ms)}</span>;
