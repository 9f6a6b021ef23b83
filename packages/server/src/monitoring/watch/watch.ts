import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Transaction } from "../../platform/sql/index.ts";
import type { Finding } from "../finding.ts";
import type { Judge, JudgeInput } from "../judge.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Watched, Window } from "../watched.ts";
import { everyJudge, type PendingWindow } from "./pending.ts";
import type { Verdicts, WatchStore, WatchTables } from "./store.ts";

/** What all judges found in one window, told in the transaction that keeps it. */
export interface Judged {
  readonly watched: Watched;
  readonly window: Window;
  readonly settings: MonitorSettings;
  readonly verdicts: readonly Verdicts[];
  readonly now: number;
}

export interface WatchDeps {
  readonly store: WatchStore;
  readonly judges: readonly Judge[];
  /** Brings what the judges read up to what is on record now. */
  readonly sync: () => Promise<void>;
  /** Of an endpoint; null: it is not watched. */
  readonly settingsOf: (endpoint: string) => MonitorSettings | null;
  /** Windows without traffic that are to be looked at as well: the last ones of what serves. */
  readonly listQuiet: (now: number) => readonly (Watched & Window)[];
  /** The windows are told in the order of their ends, but for those that are judged again. */
  readonly take: (trx: Transaction<WatchTables>, judged: Judged) => Promise<void>;
  /** After a transaction that `take` was part of. */
  readonly taken: () => void;
  /** How long verdicts are kept. */
  readonly keepMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Watch {
  start(): void;
  stop(): Promise<void>;
  /** Judges every window that has ended and waits; calls at the same time share a pass that begins after them. */
  pass(): Promise<void>;
  /** Has windows judged again, by one judge or all of them. */
  reopen(windows: readonly (Watched & Window)[], judge?: string): Promise<void>;
  /** The same for every window of a version that has been judged. */
  reopenAll(watched: Watched, judge?: string): Promise<void>;
}

const tickMs = 1_000;
/** Predictions that were under way at a window's end are on record by then. */
const graceMs = 2_000;
const batch = 200;
const pruneEveryMs = 3_600_000;
/** After so many failures in a row a judge is asked about new windows only. */
const mostFailures = 3;

export function createWatch(deps: WatchDeps): Watch {
  const { store, clock, logger } = deps;
  const judge = createJudging(deps, reopen);
  const listFresh = createQuiet(deps);
  let prunedAt = 0;
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  let stopTimer = () => {};
  let ended = false;

  async function passNow(): Promise<void> {
    await deps.sync();
    const quiet = listFresh();
    if (quiet.length > 0) await reopen(quiet);
    if (clock.now() - prunedAt > pruneEveryMs) {
      prunedAt = clock.now();
      await store.prune(prunedAt - deps.keepMs);
    }
    for (;;) {
      const pending = await store.listPending(clock.now() - graceMs, batch);
      if (pending.length === 0) return;
      for (const each of pending) {
        if (ended) return;
        await judge(each);
      }
    }
  }

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
    reopenAll: (watched, name = everyJudge) => store.reopenAll(watched, { judge: name, seq: createId() }),
  };
}

/** Windows without traffic, each once: it waits like the others from then on. */
function createQuiet({ listQuiet, clock }: WatchDeps) {
  const seen = new Map<string, number>();
  return () =>
    listQuiet(clock.now() - graceMs).filter(({ endpoint, model, version, to }) => {
      const key = `${endpoint}\n${model}@${version}`;
      if (seen.get(key) === to) return false;
      seen.set(key, to);
      return true;
    });
}

function createJudging({ store, judges, settingsOf, take, taken, clock, logger }: WatchDeps, reopen: Watch["reopen"]) {
  /** Failures one after the other, by judge. */
  const failures = new Map<string, number>();

  /** Null where it failed: the others are to be heard all the same, and it is asked again, though not for ever. */
  async function ask(judge: Judge, input: JudgeInput): Promise<readonly Finding[] | null> {
    try {
      const findings = await judge.judge(input);
      failures.delete(judge.name);
      return findings;
    } catch (error) {
      const count = (failures.get(judge.name) ?? 0) + 1;
      failures.set(judge.name, count);
      logger.error({ error, judge: judge.name, ...input.watched, ...input.window }, "a window could not be judged");
      if (count < mostFailures) await reopen([{ ...input.watched, ...input.window }], judge.name);
      return null;
    }
  }

  return async (pending: PendingWindow): Promise<void> => {
    const { endpoint, model, version, from, to } = pending;
    const watched = { endpoint, model, version };
    const window = { from, to };
    const settings = settingsOf(endpoint);
    const now = clock.now();
    const verdicts: Verdicts[] = [];
    for (const judge of judges) {
      if (settings === null || (pending.judge !== everyJudge && pending.judge !== judge.name)) continue;
      const findings = await ask(judge, { watched, window, settings, now });
      if (findings === null) continue;
      const fails = findings.filter(({ verdict }) => verdict === "fail").length;
      verdicts.push({ watched, window, judge: judge.name, judgedAt: now, fails, findings });
    }
    await store.save(pending, verdicts, async (trx) => {
      if (settings !== null) await take(trx, { watched, window, settings, verdicts, now });
    });
    taken();
  };
}
