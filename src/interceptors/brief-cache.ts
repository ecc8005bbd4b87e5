/** Milliseconds for which an answer is remembered at most, and how many are. */
export const longestLife = 5_000;
const most = 10_000;

/** Remembers answers that every call needs. Those who ask while an answer is sought wait for the same one. */
export interface BriefCache<T> {
  /** The answer when it is at hand, a promise of it while it is sought, undefined when someone has to seek it. */
  get(key: string): T | Promise<T> | undefined;
  /** Remembers what is being sought. A failure is not remembered. */
  fill(key: string, sought: Promise<T>): Promise<T>;
  /** Forgets everything, what is being sought included: it may have been read before the change that makes it wrong. */
  drop(): void;
}

/** @param lifeOf milliseconds for which an answer holds; 0 for one not to be remembered. Never more than five seconds. */
export function briefCache<T extends object>(lifeOf: (answer: T) => number): BriefCache<T> {
  const entries = new Map<string, { answer: T | Promise<T>; until: number }>();

  return {
    get(key) {
      const entry = entries.get(key);
      return entry !== undefined && entry.until > performance.now() ? entry.answer : undefined;
    },

    fill(key, sought) {
      const entry: { answer: T | Promise<T>; until: number } = { answer: sought, until: Infinity };
      entries.delete(key);
      entries.set(key, entry);
      const [oldest] = entries.keys();
      if (entries.size > most && oldest !== undefined) entries.delete(oldest);
      const forget = () => {
        if (entries.get(key) === entry) entries.delete(key);
      };
      sought.then((answer) => {
        const life = Math.min(lifeOf(answer), longestLife);
        if (life <= 0) return forget();
        entry.answer = answer;
        entry.until = performance.now() + life;
      }, forget);
      return sought;
    },

    drop: () => entries.clear(),
  };
}
