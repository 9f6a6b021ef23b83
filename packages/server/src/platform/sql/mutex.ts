/** A fair lock: who asks first gets it first. */
export class Mutex {
  #tail: Promise<void> = Promise.resolve();
  #users = 0;

  /** Nobody has it or waits for it. */
  get isFree(): boolean {
    return this.#users === 0;
  }

  /** Resolves with the function that releases the lock; calling it again does nothing. */
  async acquire(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#tail;
    this.#tail = promise;
    this.#users++;
    await before;
    let held = true;
    return () => {
      if (held) this.#users--;
      held = false;
      resolve();
    };
  }
}
