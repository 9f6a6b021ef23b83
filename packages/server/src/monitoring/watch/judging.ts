import type { Finding } from "../finding.ts";
import type { Judge, JudgeInput } from "../judge.ts";
import type { Watched, Window } from "../watched.ts";
import type { Pauses } from "./pauses.ts";
import { everyJudge, type PendingWindow } from "./pending.ts";
import type { Verdicts } from "./store.ts";
import type { WatchDeps } from "./watch-deps.ts";

/** Has windows judged again, by one judge or all of them. */
export type Reopen = (windows: readonly (Watched & Window)[], judge?: string) => Promise<void>;

type JudgingDeps = Pick<WatchDeps, "store" | "judges" | "settingsOf" | "take" | "taken" | "clock" | "logger"> & {
  readonly pauses: Pauses;
  readonly reopen: Reopen;
};

/** Asks the judges about one window and keeps what they found. */
export function createJudging(deps: JudgingDeps) {
  const { store, judges, settingsOf, take, taken, clock, logger, pauses, reopen } = deps;

  /** Null where it failed: the others are to be heard all the same, and it is asked again after a pause. */
  async function ask(judge: Judge, input: JudgeInput): Promise<readonly Finding[] | null> {
    const asked = { ...input.watched, ...input.window, judge: judge.name };
    try {
      const findings = await judge.judge(input);
      pauses.succeeded(asked);
      return findings;
    } catch (error) {
      pauses.failed(asked);
      logger.error({ error, ...asked }, "a window could not be judged");
      await reopen([{ ...input.watched, ...input.window }], judge.name);
      return null;
    }
  }

  return async (pending: PendingWindow): Promise<void> => {
    const { endpoint, model, version, from, to } = pending;
    const watched = { endpoint, model, version };
    const window = { from, to };
    const settings = settingsOf(endpoint);
    // What was found with a former length stays as it was: limits that were learned for the present one say nothing of it.
    if (settings === null || to - from !== settings.windowMs) return store.save(pending, [], async () => {});
    const now = clock.now();
    const verdicts: Verdicts[] = [];
    for (const judge of judges) {
      if (pending.judge !== everyJudge && pending.judge !== judge.name) continue;
      const findings = await ask(judge, { watched, window, settings, now });
      if (findings === null) continue;
      const fails = findings.filter(({ verdict }) => verdict === "fail").length;
      verdicts.push({ watched, window, judge: judge.name, judgedAt: now, fails, findings });
    }
    await store.save(pending, verdicts, (trx) => take(trx, { watched, window, settings, verdicts, now }));
    taken();
  };
}
