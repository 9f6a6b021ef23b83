import { createHistogram } from "./histogram.ts";
import type { Outcome } from "./http-connection.ts";

/** What one load said; JSON-safe. Latencies in microseconds, without the warm-up. */
export interface LoadReport {
  /** Requests a second that were asked for; null for a closed loop. */
  readonly wantedPerSecond: number | null;
  /** Answers a second of the measured time. */
  readonly perSecond: number;
  readonly seconds: number;
  readonly answers: number;
  /** Status, or the code of the connection's error, or `unanswered` -> how often. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Answers that were not 2xx, errors and unanswered requests. */
  readonly failed: number;
  /** Requests that left over 1 ms after the time they were meant to: no connection was free, or the load had no CPU. */
  readonly lateSends: number;
  readonly latencyUs: { p50: number; p90: number; p99: number; p999: number; max: number; mean: number };
}

export interface Recorder {
  /** @param latencyUs from the intended time of sending */
  answer(outcome: Outcome, latencyUs: number): void;
  lateSend(): void;
  report(wantedPerSecond: number | null, seconds: number): LoadReport;
}

export function createRecorder(): Recorder {
  const histogram = createHistogram();
  const outcomes: Record<string, number> = {};
  let [answers, good, failed, lateSends] = [0, 0, 0, 0];
  return {
    answer(outcome, latencyUs) {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (typeof outcome === "number") answers += 1;
      if (typeof outcome === "number" && outcome >= 200 && outcome < 300) good += 1;
      else failed += 1;
      histogram.record(latencyUs);
    },
    lateSend() {
      lateSends += 1;
    },
    report(wantedPerSecond, seconds) {
      const [p50 = 0, p90 = 0, p99 = 0, p999 = 0] = [0.5, 0.9, 0.99, 0.999].map((share) => histogram.percentile(share));
      const latencyUs = { p50, p90, p99, p999, max: histogram.max, mean: histogram.mean };
      return { wantedPerSecond, perSecond: good / seconds, seconds, answers, outcomes, failed, lateSends, latencyUs };
    },
  };
}
