/** Milliseconds for which an answer is remembered at most, and how many are. */
export const longestLife = 5_000;
const most = 10_000;

/**
 * Remembers answers that every call needs. Those who ask while an answer is sought wait for the same one. An answer goes by a
 * key, and by a part where one key has several: one text made of both would have to be copied and hashed for each call.
 */
export interface BriefCache<T> {
  /** The answer when it is at hand, a promise of it while it is sought, undefined when someone has to seek it. */
  get(key: string, part?: string): T | Promise<T> | undefined;
  /** Remembers what is being sought. A failure is not remembered. */
  fill(key: string, sought: Promise<T>, part?: string): Promise<T>;
  /** Forgets everything, what is being sought included: it may have been read before the change that makes it wrong. */
  drop(): void;
}

/** @param lifeOf milliseconds for which an answer holds; 0 for one not to be remembered. Never more than five seconds. */
export function briefCache<T extends object>(lifeOf: (answer: T) => number): BriefCache<T> {
  const entries = new Map<string, Map<string, { answer: T | Promise<T>; until: number }>>();
  let count = 0;

  const remove = (key: string, part: string) => {
    const parts = entries.get(key);
    if (!parts?.delete(part)) return;
    count--;
    if (parts.size === 0) entries.delete(key);
  };

  return {
    get(key, part = "") {
      const entry = entries.get(key)?.get(part);
      return entry !== undefined && entry.until > performance.now() ? entry.answer : undefined;
    },

    fill(key, sought, part = "") {
      const entry: { answer: T | Promise<T>; until: number } = { answer: sought, until: Infinity };
      remove(key, part);
      const parts = entries.get(key) ?? new Map();
      // The last to be forgotten, with all its parts.
      entries.delete(key);
      entries.set(key, parts.set(part, entry));
      count++;
      for (const [oldest, { size }] of entries) {
        if (count <= most) break;
        entries.delete(oldest);
        count -= size;
      }
      const forget = () => {
        if (entries.get(key)?.get(part) === entry) remove(key, part);
      };
      sought.then((answer) => {
        const life = Math.min(lifeOf(answer), longestLife);
        if (life <= 0) return forget();
        entry.answer = answer;
        entry.until = performance.now() + life;
      }, forget);
      return sought;
    },

    drop() {
      entries.clear();
      count = 0;
    },
  };
}
