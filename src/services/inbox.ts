/** Items on their way from one piece of work to another, each with a weight. One waits for items, one for room. */
export class Inbox<Item> {
  readonly #weigh: (item: Item) => number;
  #items: Item[] = [];
  #weight = 0;
  #end: { error?: unknown } | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(weigh: (item: Item) => number = () => 1) {
    this.#weigh = weigh;
  }

  /** Of the items that are in it. */
  get weight(): number {
    return this.#weight;
  }

  put(item: Item): void {
    if (this.#end !== undefined) return;
    this.#items.push(item);
    this.#weight += this.#weigh(item);
    this.#tell();
  }

  /** Says that nothing more comes; with an error, that whoever takes the last item is told. */
  end(error?: unknown): void {
    this.#end ??= error === undefined ? {} : { error };
    this.#tell();
  }

  /** Ends it, and forgets what is in it. */
  abandon(error?: unknown): void {
    this.#items = [];
    this.#weight = 0;
    this.end(error);
  }

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /**
   * Waits for an item and takes what is there, up to a weight, and one item whatever its weight.
   * @returns none when it has ended. @throws what it ended with
   */
  async take(most = Number.POSITIVE_INFINITY): Promise<Item[]> {
    while (this.#items.length === 0) {
      if (this.#end !== undefined) {
        if ("error" in this.#end) throw this.#end.error;
        return [];
      }
      await this.#changed.promise;
    }
    let count = 0;
    let taken = 0;
    for (const item of this.#items) {
      const weight = this.#weigh(item);
      if (count > 0 && taken + weight > most) break;
      count++;
      taken += weight;
    }
    this.#weight -= taken;
    return this.#items.splice(0, count);
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}
