/** First come, first served, one at a time for each key. */
export class Turns {
  readonly #tails = new Map<string, Promise<void>>();

  /** Resolves when `task` has run, after all earlier ones of the key; how those ended does not matter. */
  async take(key: string, task: () => Promise<void>): Promise<void> {
    const before = this.#tails.get(key);
    const mine = before ? before.then(task, task) : task();
    this.#tails.set(key, mine);
    try {
      await mine;
    } finally {
      if (this.#tails.get(key) === mine) this.#tails.delete(key);
    }
  }
}
