import type { Database } from "./database.ts";

/** What a reading found. */
export interface Reading<Answer> {
  answer: Answer;
  /** What it was read from, as `state` tells it, in the same snapshot; undefined when nobody wanted to know. */
  state: string | undefined;
}

export interface RememberedRead<Answer> {
  /** Changes with whatever the answer is made of; to be cheaper than the answer. */
  state(): Promise<string>;
  /** @param withState whether the answer is worth keeping. */
  read(withState: boolean): Promise<Reading<Answer>>;
}

/** What is kept, in bytes of all answers, and the length of one that is too long to be kept. */
const mostBytes = 8 * 2 ** 20;
const longest = 2 ** 20;
/** Questions of which it is known that they were asked. */
const mostQuestions = 200;

interface Kept {
  answer: { readonly bytes: Buffer };
  state: string;
}

/** By question, the one that was asked longest ago first; undefined for what was asked once, or has no answer worth keeping. */
const keptOf = new WeakMap<Database, Map<string, Kept | undefined>>();

/**
 * Gives the last answer to a question again when nothing has changed since. Whether something has is asked each time, so no
 * writer needs to say so, in this process or another, and nobody gets what is older than the question. An answer is kept
 * from the second time on that somebody asks.
 * @param question as for shareRead; whoever asks is allowed to know the answer.
 */
export async function rememberRead<Answer extends { readonly bytes: Buffer }>(
  db: Database,
  question: string,
  { state, read }: RememberedRead<Answer>,
): Promise<Answer> {
  const all = keptOf.get(db) ?? new Map<string, Kept | undefined>();
  keptOf.set(db, all);
  const isAskedAgain = all.has(question);
  const kept = all.get(question);
  if (kept !== undefined && kept.state === (await state())) {
    keep(all, question, kept);
    return kept.answer as Answer;
  }
  const found = await read(isAskedAgain);
  const isWorthKeeping = found.state !== undefined && found.answer.bytes.length <= longest;
  keep(all, question, isWorthKeeping ? { answer: found.answer, state: found.state as string } : undefined);
  return found.answer;
}

function keep(all: Map<string, Kept | undefined>, question: string, kept: Kept | undefined): void {
  all.delete(question);
  all.set(question, kept);
  let bytes = 0;
  for (const one of all.values()) bytes += one?.answer.bytes.length ?? 0;
  for (const [oldest, one] of all) {
    if (bytes <= mostBytes && all.size <= mostQuestions) break;
    bytes -= one?.answer.bytes.length ?? 0;
    all.delete(oldest);
  }
}
