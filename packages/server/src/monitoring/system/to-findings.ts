import type { Finding, Monitor } from "../finding.ts";
import type { MonitorSettings } from "../settings.ts";
import { findBurn, type Share } from "./burn-rate.ts";
import { minuteMs, type RecentMinutes } from "./recent-minutes.ts";
import type { Saturation } from "./saturation.ts";

type Given = Partial<Finding> & Pick<Finding, "monitor" | "verdict" | "rows" | "message">;

/** A finding about the whole traffic, with nothing in the fields that it does not need. */
export function newFinding(given: Given): Finding {
  return {
    slice: "",
    column: null,
    metric: null,
    severity: "warning",
    value: null,
    threshold: null,
    p: null,
    pAdjusted: null,
    effect: null,
    referenceRows: null,
    provisional: false,
    ...given,
  };
}

interface Objective {
  readonly monitor: Monitor;
  readonly metric: string;
  readonly of: "errors" | "slow";
  readonly budget: number;
  readonly what: string;
}

/** Which objectives there are; of latency only where the settings or the version's timeout say what is slow. */
export function toObjectives({ system }: MonitorSettings, latencyMs: number | null): readonly Objective[] {
  const { errorObjective, latencyObjective } = system;
  const errors = { monitor: "system.errors", metric: "error_rate", of: "errors", what: "failed" } as const;
  const slow = {
    monitor: "system.latency",
    metric: "slow_rate",
    of: "slow",
    what: `took over ${latencyMs} ms`,
  } as const;
  return [
    { ...errors, budget: 1 - errorObjective },
    ...(latencyMs === null ? [] : [{ ...slow, budget: 1 - latencyObjective }]),
  ];
}

/** Whether an objective's budget burns too fast now. */
export function toBurnFinding({ monitor, metric, of, budget, what }: Objective, recent: RecentMinutes): Finding {
  const shareOf = (ms: number) => recent.shareOf(of, ms);
  const burn = findBurn(budget, shareOf);
  const hour = shareOf(60 * minuteMs);
  const now = burn?.long ?? hour;
  const value = now.total === 0 ? null : now.bad / now.total;
  const common = { monitor, metric, value, rows: now.total };
  if (burn === null)
    return newFinding({
      ...common,
      threshold: budget,
      verdict: hour.total === 0 ? "insufficient" : "pass",
      message: `${percent(hour)} of ${hour.total} requests of the last hour ${what}; ${percentOf(budget)} may.`,
    });
  const { policy, long } = burn;
  return newFinding({
    ...common,
    threshold: Math.min(1, policy.burn * budget),
    effect: long.bad / long.total / budget,
    verdict: "fail",
    severity: policy.severity,
    message: `${percent(long)} of ${long.total} requests of the last ${hours(policy.longMs)} ${what}, ${Math.round(long.bad / long.total / budget)} times what may (${percentOf(budget)}), and it goes on.`,
  });
}

/** Minutes with traffic before which silence says nothing. */
const fewestMinutes = 60;

/**
 * Whether traffic has stopped: silence for longer than the settings allow and, where these are the defaults, for more than twice as long
 * as any pause of the last seven days.
 */
export function toStoppedFinding(
  { system, windowMs }: MonitorSettings,
  recent: RecentMinutes,
  now: number,
): Finding | null {
  const { stoppedAfterMs } = system;
  if (stoppedAfterMs === null) return null;
  const { active } = recent;
  const newest = active.at(-1);
  const monitor = "traffic.stopped";
  const none = `There was too little traffic to say when it stops: ${active.length} minutes with requests in seven days.`;
  const isLearned = stoppedAfterMs === Math.max(60 * minuteMs, 3 * windowMs);
  const pauses = active.slice(1).map((minute, i) => minute - active[i]!);
  const longest = Math.max(minuteMs, ...pauses);
  const allowed = isLearned ? Math.max(stoppedAfterMs, 2 * longest) : stoppedAfterMs;
  const isSteady = active.length >= fewestMinutes && newest! - active[0]! >= allowed;
  if (newest === undefined || (isLearned && !isSteady))
    return newFinding({ monitor, verdict: "insufficient", rows: active.length, message: none });
  const silence = Math.max(0, now - newest - minuteMs);
  return newFinding({
    monitor,
    verdict: silence > allowed ? "fail" : "pass",
    severity: isLearned ? "warning" : "critical",
    value: silence / 1000,
    threshold: allowed / 1000,
    metric: "silence_seconds",
    rows: active.length,
    message: `No request for ${hours(silence)}; ${isLearned ? `the longest pause of the last seven days was ${hours(longest)}` : `${hours(allowed)} are allowed`}.`,
  });
}

const mostBusy = 0.9;
const mostRefused = 0.01;
const alarmRefused = 0.05;

/** Whether the version has more to do than it can: one for what was refused, one for how busy its copies were. */
export function toSaturationFindings({ busy, refused, requests }: Saturation): Finding[] {
  const share = requests === 0 ? 0 : refused / requests;
  const isRefusing = share > mostRefused && refused >= 3;
  const common = { monitor: "system.saturation" as const, rows: requests };
  return [
    newFinding({
      ...common,
      metric: "refused_rate",
      value: share,
      threshold: mostRefused,
      verdict: isRefusing ? "fail" : "pass",
      severity: share > alarmRefused ? "critical" : "warning",
      message: `${percentOf(share)} of ${requests} requests of the last minutes were refused, as their answers would have been late.`,
    }),
    newFinding({
      ...common,
      metric: "busy",
      value: busy,
      threshold: mostBusy,
      verdict: busy > mostBusy ? "fail" : "pass",
      message: `The version's copies were busy ${percentOf(busy)} of the last minutes; over ${percentOf(mostBusy)} requests begin to wait.`,
    }),
  ];
}

function percent({ bad, total }: Share): string {
  return percentOf(total === 0 ? 0 : bad / total);
}

export function percentOf(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

export function hours(ms: number): string {
  if (ms < 2 * minuteMs) return `${Math.round(ms / 1000)} s`;
  if (ms < 120 * minuteMs) return `${Math.round(ms / minuteMs)} min`;
  return `${Number((ms / 3_600_000).toPrecision(2))} h`;
}
