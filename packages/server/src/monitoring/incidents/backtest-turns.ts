import { Turns } from "../../kernel/turns.ts";

/** One at a time: thousands of windows with all judges are work for minutes. One that is cancelled does not wait for its turn. */
export function createBacktestTurns() {
  const turns = new Turns();
  return <T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    void turns.take("backtest", async () => {
      // What runs notices by itself, and its end is the operation's.
      signal.removeEventListener("abort", onAbort);
      if (!signal.aborted) await run().then(resolve, reject);
    });
    return promise;
  };
}
