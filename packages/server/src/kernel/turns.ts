/** First come, first served, one at a time for each key. */
export class Turns {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Resolves to what `task` does, which runs after all earlier ones of the key; how those ended does not matter. */
  async take<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const mine = before ? before.then(task, task) : task();
    this.#tails.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(key) === mine) this.#tails.delete(key);
    }
  }
}
