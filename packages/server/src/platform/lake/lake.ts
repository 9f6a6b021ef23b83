import { SlipwayError } from "@slipway/contract";
import { type LakeChild, startLakeChild } from "./lake-child.ts";
import type { LakeDeps, LakeRunOptions, LakeTask } from "./lake-task.ts";

/**
 * DuckDB, in child processes that may be lost: they are started when needed, end when idle, are killed at their limits
 * and when this process is gone. One task never sees anything of another.
 */
export interface Lake {
  /**
   * @throws SlipwayError what the task threw; `cancelled` by the signal; `shutting_down` after `close`
   * @throws LakeError for everything else
   */
  run<T>(task: LakeTask, options?: LakeRunOptions): Promise<T>;
  /** Kills the children; what runs fails with `shutting_down`. */
  close(): Promise<void>;
}

export function createLake(deps: LakeDeps): Lake {
  const most = deps.children ?? 1;
  const idle: LakeChild[] = [];
  const all = new Set<LakeChild>();
  const waiting: (() => void)[] = [];
  let busy = 0;
  let closed = false;

  const closing = () =>
    new SlipwayError("shutting_down", "The server is shutting down; ask again when it is back.", {});

  async function enter(signal: AbortSignal | undefined): Promise<void> {
    if (busy < most) {
      busy++;
      return;
    }
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      signal?.addEventListener("abort", () => {
        const at = waiting.indexOf(resolve);
        if (at >= 0) {
          waiting.splice(at, 1);
          busy++;
          resolve();
        }
      });
    });
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) busy--;
    else next();
  }

  function take(): LakeChild {
    for (let child = idle.pop(); child !== undefined; child = idle.pop()) if (!child.isGone()) return child;
    const child = startLakeChild(deps);
    all.add(child);
    void child.gone.then(() => all.delete(child));
    return child;
  }

  return {
    async run<T>(task: LakeTask, options: LakeRunOptions = {}) {
      if (closed) throw closing();
      await enter(options.signal);
      try {
        if (closed) throw closing();
        if (options.signal?.aborted) throw new SlipwayError("cancelled", "This was cancelled before it began.");
        const child = take();
        try {
          return (await child.run(task, options)) as T;
        } catch (error) {
          if (closed) throw closing();
          throw error;
        } finally {
          if (!child.isGone()) idle.push(child);
        }
      } finally {
        leave();
      }
    },
    async close() {
      closed = true;
      await Promise.all([...all].map((child) => child.end()));
    },
  };
}
