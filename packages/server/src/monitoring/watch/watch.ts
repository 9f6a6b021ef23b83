import { createId } from "../../kernel/ids.ts";
import type { Watched, Window } from "../watched.ts";
import { createPass, tickMs } from "./pass.ts";
import { everyJudge } from "./pending.ts";
import type { WatchDeps } from "./watch-deps.ts";

export type { Judged } from "./watch-deps.ts";

export interface Watch {
  start(): void;
  stop(): Promise<void>;
  /**
   * Judges every window that has ended and waits, but for those that a judge failed on a moment ago; calls at the same time share a
   * pass that begins after them.
   */
  pass(): Promise<void>;
  /** Has windows judged again, by one judge or all of them. */
  reopen(windows: readonly (Watched & Window)[], judge?: string): Promise<void>;
  /** The same for every window of a version, of its endpoint's present length, that has been judged. */
  reopenAll(watched: Watched, judge?: string): Promise<void>;
}

/** What a costly judge has said of windows that are older stays where all of a version is judged again. */
const costlyMs = 2 * 86_400_000;

export function createWatch(deps: WatchDeps): Watch {
  const { store, clock, logger } = deps;
  const passNow = createPass({ ...deps, reopen, isEnded: () => ended });
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  let stopTimer = () => {};
  let ended = false;

  function pass(): Promise<void> {
    if (running === null) return (running = passNow().finally(() => (running = null)));
    return (next ??= running
      .catch(() => {})
      .then(() => {
        next = null;
        return pass();
      }));
  }

  function reopen(windows: readonly (Watched & Window)[], name = everyJudge): Promise<void> {
    const seq = createId();
    return store.addPending(
      windows.map(({ endpoint, model, version, from, to }) => ({
        endpoint,
        model,
        version,
        from,
        to,
        judge: name,
        seq,
      })),
    );
  }

  return {
    start() {
      stopTimer = clock.every(tickMs, () => {
        if (running !== null) return;
        pass().catch((error: unknown) => logger.error({ error }, "watching what is on record failed"));
      });
    },
    async stop() {
      ended = true;
      stopTimer();
      await running?.catch(() => {});
    },
    pass,
    reopen,
    async reopenAll(watched, name = everyJudge) {
      const windowMs = deps.settingsOf(watched.endpoint)?.windowMs;
      if (windowMs === undefined) return;
      const costly = deps.judges.filter(({ isCostly }) => isCostly === true).map((each) => each.name);
      const others = deps.judges.map((each) => each.name).filter((each) => !costly.includes(each));
      const sparing = name === everyJudge ? { costly, others, before: clock.now() - costlyMs } : null;
      await store.reopenAll(watched, { windowMs, judge: name, sparing, seq: createId() });
    },
  };
}
