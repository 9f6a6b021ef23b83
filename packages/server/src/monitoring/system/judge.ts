import { judgeNext } from "@slipway/statistics";
import type { Finding } from "../finding.ts";
import type { Judge } from "../judge.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Watched, Window } from "../watched.ts";
import { listLike } from "./like-windows.ts";
import { lowerBound } from "./burn-rate.ts";
import { minuteMs, type ReadMinutes } from "./recent-minutes.ts";
import { hours, newFinding, percentOf } from "./to-findings.ts";
import { createWindowFigures, type WindowFigures } from "./window-figures.ts";

interface Series {
  readonly monitor: "traffic.volume" | "system.anomaly";
  readonly metric: string;
  /** Null: the window has none. */
  readonly value: (figures: WindowFigures) => number | null;
  /** The smallest change that matters, from the usual figure. */
  readonly least: (median: number) => number;
  /** Whether less is as odd as more. */
  readonly isTwoSided: boolean;
  readonly tell: (value: number, median: number) => string;
}

const number = (value: number) => String(Number(value.toPrecision(3)));

const series: readonly Series[] = [
  {
    monitor: "traffic.volume",
    metric: "requests",
    value: ({ requests }) => requests,
    least: (median) => Math.max(20, median / 2),
    isTwoSided: true,
    tell: (value, median) => `${value} requests, where ${number(median)} are usual.`,
  },
  {
    monitor: "system.anomaly",
    metric: "latency_p95",
    value: ({ p95 }) => p95,
    least: (median) => Math.max(5, median / 2),
    isTwoSided: false,
    tell: (value, median) =>
      `95 % of the answers took up to ${number(value)} ms, where ${number(median)} ms are usual.`,
  },
  {
    monitor: "system.anomaly",
    metric: "error_rate",
    value: ({ requests, errors }) => (requests === 0 ? null : errors / requests),
    least: () => 0.01,
    isTwoSided: false,
    tell: (value, median) => `${percentOf(value)} of the requests failed, where ${percentOf(median)} are usual.`,
  },
  {
    monitor: "system.anomaly",
    metric: "refused_rate",
    value: ({ requests, refused }) => (requests === 0 ? null : refused / requests),
    least: () => 0.02,
    isTwoSided: false,
    tell: (value, median) =>
      `${percentOf(value)} of the requests were refused for what the caller sent, where ${percentOf(median)} are usual.`,
  },
  {
    monitor: "system.anomaly",
    metric: "fallback_rate",
    value: ({ requests, fallbacks }) => (requests === 0 ? null : fallbacks / requests),
    least: () => 0.01,
    isTwoSided: false,
    tell: (value, median) =>
      `${percentOf(value)} of the answers came of the fallback, where ${percentOf(median)} are usual.`,
  },
];

const fewestRequests = 50;
/** Windows to compare with. */
const fewestLike = 12;
/** Robust standard deviations: real figures have long tails. */
const mostScore = 6;

/** What is odd about the traffic of a window: how much there was, how fast and how often it failed, against windows like it. */
export function createSystemJudge({ read }: { readonly read: ReadMinutes }): Judge {
  const figuresOf = createWindowFigures(read);

  async function listUsual(watched: Watched, window: Window, settings: MonitorSettings) {
    const found: WindowFigures[] = [];
    for (const like of listLike(window, settings)) {
      const figures = await figuresOf(watched, like);
      if (figures.requests > 0) found.push(figures);
    }
    // Oldest first.
    return found.toReversed();
  }

  return {
    name: "system",
    async judge({ watched, window, settings }) {
      const { windowMs } = settings;
      if (windowMs % minuteMs !== 0) return [...series, errorSeries].map((each) => uncounted(each, windowMs));
      const now = await figuresOf(watched, window, { anew: true });
      const usual = await listUsual(watched, window, settings);
      return [...series.map((each) => judgeSeries(each, now, usual)), toErrorFinding(now, settings, window)];
    },
  };
}

/** Traffic is counted by the minute: what a window that is no number of them had is not known. */
function uncounted({ monitor, metric }: Pick<Finding, "monitor" | "metric">, windowMs: number): Finding {
  return newFinding({
    monitor,
    metric,
    verdict: "insufficient",
    rows: 0,
    message: `Requests are counted by the minute, and windows of ${windowMs / 1000} s are no whole minutes.`,
  });
}

function judgeSeries(each: Series, now: WindowFigures, usual: readonly WindowFigures[]): Finding {
  const { monitor, metric, isTwoSided } = each;
  const value = each.value(now);
  const compared = usual.map(each.value).filter((figure) => figure !== null);
  const common = { monitor, metric, value, rows: now.rows, referenceRows: compared.length };
  const isFew = monitor === "system.anomaly" && now.requests < fewestRequests;
  const counts = monitor === "traffic.volume";
  const found =
    value === null || isFew ? null : judgeNext(compared, value, { least: fewestLike, threshold: mostScore, counts });
  if (value === null || found === null || found.verdict === "insufficient")
    return newFinding({
      ...common,
      verdict: "insufficient",
      message: isFew
        ? `${now.requests} requests are too few to say whether ${metric} is odd; ${fewestRequests} are enough.`
        : `${compared.length} windows like this one are too few to say what ${metric} usually is.`,
    });
  const change = value - found.expected;
  const isLarge = Math.abs(change) >= each.least(found.expected) && (isTwoSided || change > 0);
  return newFinding({
    ...common,
    threshold: found.expected,
    effect: Number.isFinite(found.score) ? found.score : null,
    verdict: isLarge && found.verdict === "anomaly" ? "fail" : "pass",
    message: each.tell(value, found.expected),
  });
}

const errorSeries = { monitor: "system.errors", metric: "error_rate" } as const;

/** For the record of the window; whether it is an alarm is decided every minute. */
function toErrorFinding(
  { requests, errors }: WindowFigures,
  { system }: MonitorSettings,
  { from, to }: Window,
): Finding {
  const budget = 1 - system.errorObjective;
  const share = requests === 0 ? null : errors / requests;
  const isOver = lowerBound({ bad: errors, total: requests }) > budget;
  return newFinding({
    ...errorSeries,
    value: share,
    threshold: budget,
    rows: requests,
    effect: share === null ? null : share / budget,
    verdict: share === null ? "insufficient" : isOver ? "fail" : "pass",
    message:
      share === null
        ? `There was no request in ${hours(to - from)}.`
        : `${percentOf(share)} of ${requests} requests failed; ${percentOf(budget)} may.`,
  });
}
