/** Sends recorded requests to a server of ours and keeps what it answers. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { difference, type Known, settle } from "./compare.ts";
import type { Deviation } from "./deviations.ts";
import { at, Exact, type Json, parseExact } from "./exact-json.ts";
import { type Answer, captured, holes, type Recorded, type Recording, send } from "./exchange.ts";

export async function readRecordings(): Promise<Recording[]> {
  const folder = new URL("recordings/", import.meta.url);
  const recordings: Recording[] = [];
  for (const file of (await readdir(folder)).toSorted()) {
    const read = parseExact(await readFile(new URL(file, folder), "utf8")) as unknown as {
      scenario: string;
      exchanges: (Omit<Recorded, "status"> & { status: Exact })[];
    };
    const exchanges = read.exchanges.map((each) => ({ ...each, status: Number(each.status.source) }));
    recordings.push({ scenario: read.scenario, exchanges });
  }
  return recordings;
}

export interface Replayed {
  answer: Answer;
  /** What was known once it was answered. */
  known: Known;
}

/**
 * Replays one scenario at `uri`, the tracking URI of an empty project. What needs a value that our answers did not give, as
 * the token of a page that is not there, cannot be asked: its answer has the status 0.
 */
export async function replay(uri: string, recording: Recording): Promise<Map<string, Replayed>> {
  const capturable = new Set(recording.exchanges.flatMap(({ capture }) => Object.keys(capture ?? {})));
  const captures = new Map<string, string>();
  const windows = new Map<string, { from: number; to: number }>();
  const answers = new Map<string, Replayed>();
  for (const exchange of recording.exchanges) {
    const from = Date.now();
    const missing = holes(exchange.request).find((name) => capturable.has(name) && !captures.has(name));
    const answer =
      missing === undefined
        ? await send(uri, exchange.request, captures)
        : { status: 0, body: `not asked: there is no '${missing}'` };
    windows.set(exchange.name, { from, to: Date.now() });
    // As when recording: no two exchanges share a millisecond.
    await sleep(2);
    const body = settle(answer.body, exchange.rpc);
    if (answer.status === exchange.status) {
      for (const name of Object.keys(exchange.capture ?? {})) captures.delete(name);
      try {
        for (const [name, value] of captured(exchange, (path) => at(answer.body, path)))
          captures.set(name, value);
      } catch {
        // Then the answer differs, which is told where it is compared.
      }
    }
    answers.set(exchange.name, {
      answer: { status: answer.status, body },
      known: { captures: new Map(captures), windows },
    });
  }
  return answers;
}

/** How our answer differs from MLflow's; undefined when it does not. */
export function differsFromRecorded(
  exchange: Recorded,
  { answer, known }: Replayed,
  additions: ReadonlySet<string>,
  seen: (addition: string) => void = () => {},
): string | undefined {
  if (answer.status !== exchange.status)
    return `status: expected ${exchange.status}, got ${answer.status} ${show(answer.body)}`;
  return difference(exchange.body, answer.body, { ...known, additions, seen });
}

/** How our answer differs from the one a deviation promises. */
export function differsFromDeviation(
  exchange: Recorded,
  deviation: Deviation,
  { answer, known }: Replayed,
  additions: ReadonlySet<string>,
): string | undefined {
  if (answer.status !== deviation.status)
    return `status: expected ${deviation.status}, got ${answer.status} ${show(answer.body)}`;
  return difference(settle(deviation.body, exchange.rpc), answer.body, { ...known, additions });
}

function show(body: Json): string {
  const text = JSON.stringify(body, (_key, value) => (value instanceof Exact ? value.source : value));
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
