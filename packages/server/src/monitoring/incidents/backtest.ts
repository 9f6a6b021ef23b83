import { SlipwayError } from "@slipway/contract";
import type { BacktestResult, BacktestRule } from "@slipway/contract";
import type { Finding } from "../finding.ts";
import type { Judge } from "../judge.ts";
import type { MonitorSettings } from "../settings.ts";
import { windowAt, type Watched, type Window } from "../watched.ts";
import type { ReadMinutes } from "../system/recent-minutes.ts";
import type { Incident } from "./incident.ts";
import { pulse, rules } from "./rules.ts";
import { keyOf } from "./signal.ts";
import { afterNews, toNews } from "./tell.ts";
import { hearVerdicts, newWatchState, type WatchState } from "./watch-state.ts";

export interface BacktestOrder {
  readonly watched: Watched;
  /** Those to try. */
  readonly settings: MonitorSettings;
  readonly days: number;
  readonly now: number;
  readonly signal: AbortSignal;
  readonly progress: (done: number, of: number) => void;
}

export interface BacktestDeps {
  readonly judges: readonly Judge[];
  readonly read: ReadMinutes;
}

const dayMs = 86_400_000;
const mostWindows = 20_000;
/** Rows of one read, so that none keeps the event loop. */
const chunkMs = 6 * 3_600_000;
const mostColumns = 10;

/**
 * Goes through the past, window by window, with the judges and the machine that watch what comes; nothing is written and nobody is
 * told. @throws SlipwayError `precondition_failed` where there are more windows than anybody waits for
 */
export async function backtest({ judges, read }: BacktestDeps, order: BacktestOrder): Promise<BacktestResult> {
  const { watched, settings, now, signal, progress } = order;
  const windows = await listWindows(read, order);
  const tally = createTally();
  let state: WatchState = newWatchState;
  for (const [i, window] of windows.entries()) {
    signal.throwIfAborted();
    progress(i, windows.length);
    const verdicts = [];
    for (const judge of judges) {
      const findings = await judge.judge({ watched, window, settings, now });
      verdicts.push(...split(judge.name, findings));
      tally.count(findings);
    }
    const before = new Set(state.signals.filter(({ firing }) => firing).map(({ key }) => key));
    state = hearVerdicts(state, { watched, window, settings, verdicts }, () => `${window.to}`).state;
    tally.fired(state.signals.filter(({ key, firing }) => firing && !before.has(key)));
    state = tally.tell(state, window.to, settings.incidents.cooldownMs);
  }
  const iso = (at: number) => new Date(at).toISOString();
  return {
    ...watched,
    from: iso(windows[0]?.from ?? now - order.days * dayMs),
    to: iso(windows.at(-1)?.to ?? now),
    windows: windows.length,
    ...tally.result(),
  };
}

/** What is looked at every minute is heard at the ends of windows here. */
function split(judge: string, findings: readonly Finding[]) {
  const isLive = ({ monitor }: Finding) => rules[monitor].live;
  return [
    { judge, findings: findings.filter((each) => !isLive(each)) },
    { judge: pulse, findings: findings.filter(isLive) },
  ];
}

/** Windows with traffic that are over, the oldest first. */
async function listWindows(
  read: ReadMinutes,
  { watched, settings, days, now }: BacktestOrder,
): Promise<readonly Window[]> {
  const { windowMs } = settings;
  const { from: end } = windowAt(now, windowMs);
  const { from: start } = windowAt(now - days * dayMs, windowMs);
  const found = new Map<number, Window>();
  for (let at = start; at < end; at += chunkMs)
    for (const { minute } of await read({ ...watched, from: at, to: Math.min(end, at + chunkMs) })) {
      const last = Math.min(minute + 60_000, end);
      for (let from = windowAt(Math.max(minute, start), windowMs).from; from < last; from += windowMs)
        found.set(from, { from, to: from + windowMs });
    }
  if (found.size <= mostWindows) return [...found.values()].toSorted((a, b) => a.from - b.from);
  throw new SlipwayError(
    "precondition_failed",
    `These are ${found.size} windows of ${windowMs / 1000} s, and at most ${mostWindows} are gone through: take fewer days, or longer windows.`,
  );
}

interface Counts {
  windows: number;
  insufficient: number;
  failed: number;
  fired: number;
  readonly columns: Map<string, { failed: number; fired: number }>;
}

function createTally() {
  const byRule = new Map<string, Counts & Pick<Finding, "monitor" | "slice">>();
  const incidents = new Map<string, Incident>();
  let messages = 0;

  function countsOf({ monitor, slice }: Pick<Finding, "monitor" | "slice">) {
    const key = JSON.stringify([monitor, slice]);
    const known = byRule.get(key) ?? {
      monitor,
      slice,
      windows: 0,
      insufficient: 0,
      failed: 0,
      fired: 0,
      columns: new Map(),
    };
    byRule.set(key, known);
    return known;
  }

  function columnOf(counts: Counts, name: string | null) {
    const known = counts.columns.get(name ?? "") ?? { failed: 0, fired: 0 };
    if (name !== null) counts.columns.set(name, known);
    return known;
  }

  return {
    /** Of one judge and one window. */
    count(findings: readonly Finding[]): void {
      const byKey = Map.groupBy(findings, ({ monitor, slice }) =>
        keyOf({ monitor, slice, column: null, metric: null }),
      );
      for (const group of byKey.values()) {
        const counts = countsOf(group[0]!);
        const said = group.filter(({ verdict }) => verdict === "pass" || verdict === "fail");
        if (said.length === 0) counts.insufficient++;
        else counts.windows++;
        const failed = said.filter(({ verdict }) => verdict === "fail");
        if (failed.length > 0) counts.failed++;
        for (const { column } of failed) columnOf(counts, column).failed++;
      }
    },
    fired(signals: WatchState["signals"]): void {
      for (const signal of signals) {
        const counts = countsOf(signal);
        counts.fired++;
        columnOf(counts, signal.column).fired++;
      }
    },
    /** @returns the state as if that had been told */
    tell(state: WatchState, at: number, cooldownMs: number): WatchState {
      const { incident } = state;
      if (incident === null) return state;
      incidents.set(incident.id, incident);
      const news = toNews(incident, at, cooldownMs);
      if (news === null) return state;
      messages++;
      return { ...state, incident: { ...incident, told: afterNews(incident, news, at) } };
    },
    result(): Pick<BacktestResult, "rules" | "incidents" | "messages"> {
      const iso = (at: number) => new Date(at).toISOString();
      return {
        rules: [...byRule.values()].map(toRule).toSorted((a, b) => b.fired - a.fired || b.failed - a.failed),
        incidents: [...incidents.values()].map(({ peak, title, openedAt, resolvedAt }) => ({
          severity: peak,
          title,
          opened_at: iso(openedAt),
          resolved_at: resolvedAt === null ? null : iso(resolvedAt),
        })),
        messages,
      };
    },
  };
}

function toRule({ columns, ...counts }: Counts & Pick<Finding, "monitor" | "slice">): BacktestRule {
  const worst = [...columns].map(([column, { failed, fired }]) => ({ column, failed, fired }));
  return {
    ...counts,
    columns: worst.toSorted((a, b) => b.fired - a.fired || b.failed - a.failed).slice(0, mostColumns),
  };
}
