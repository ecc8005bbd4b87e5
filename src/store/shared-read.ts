import { uncancelled } from "./cancellation.ts";
import type { Database } from "./database.ts";

interface Reads {
  running: Promise<unknown>;
  /** What those share who came while `running` was under way. */
  next: Promise<unknown> | undefined;
}

const readsOf = new WeakMap<Database, Map<string, Reads>>();

/**
 * Lets those who ask the same at the same time share an answer, as when a page is open on many screens. Who comes while it
 * is being read waits for the next reading, so nobody gets what is older than the question.
 * @param question all that decides the answer: the project, and how its reader wants it. Equal questions have equal types.
 * @param read reads, and changes nothing. What it returns is not to be changed by those who share it.
 */
export function shareRead<Answer>(
  db: Database,
  question: string,
  read: () => Promise<Answer>,
): Promise<Answer> {
  let all = readsOf.get(db);
  if (all === undefined) {
    all = new Map();
    readsOf.set(db, all);
  }
  const known = all.get(question);
  if (known === undefined) {
    const running = uncancelled(read);
    begin(all, question, running);
    return running;
  }
  known.next ??= uncancelled(() => known.running.then(read, read));
  return known.next as Promise<Answer>;
}

function begin(all: Map<string, Reads>, question: string, running: Promise<unknown>): void {
  const reads: Reads = { running, next: undefined };
  all.set(question, reads);
  const end = () => {
    if (reads.next === undefined) all.delete(question);
    else begin(all, question, reads.next);
  };
  running.then(end, end);
}
