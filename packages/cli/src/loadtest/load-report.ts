import { createHistogram, type Histogram } from "./histogram.ts";
import type { Outcome } from "./http-connection.ts";

export interface Latencies {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly mean: number;
}

/** What one load said; JSON-safe. Times in microseconds; of requests that were due in the measured time. */
export interface LoadReport {
  /** Requests a second that were asked for; null for a closed loop. */
  readonly wantedPerSecond: number | null;
  /** Answers with 2xx that arrived in a second of the measured time. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Requests that were to be sent. */
  readonly due: number;
  readonly answers: number;
  /** Status, or the code of the connection's error, or `unanswered` -> how often. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Answers that were not 2xx, errors and unanswered requests. */
  readonly failed: number;
  /** Answers with 2xx within the bound of time; all of them where there is none. */
  readonly withinSlo: number;
  /** Requests that left over 1 ms after the time they were meant to: no connection was free, or the load had no CPU. */
  readonly lateSends: number;
  /** Those of them that had a free connection: the load itself was too slow, and what it measured is not the server. */
  readonly generatorLate: number;
  /** The lateness that 99 % of the requests with a free connection stayed below. */
  readonly generatorLateP99Us: number;
  /** Of answers with 2xx, and of requests that were never answered, as long as they waited. */
  readonly latencyUs: Latencies;
  /** Of answers that were not 2xx. */
  readonly refusalUs: Latencies;
  /** How often, and the first bodies that told why. */
  readonly errors: readonly LoadError[];
  /** Of `latencyUs`, whole: rising shares and values. */
  readonly distribution: readonly (readonly [share: number, us: number])[];
  /** True where it was stopped before its time. */
  readonly stopped: boolean;
}

export interface LoadError {
  readonly outcome: string;
  readonly count: number;
  /** At most three different ones. */
  readonly messages: readonly string[];
}

export interface Recorder {
  readonly sloUs: number;
  /** @param sent how late a request left in microseconds, and whether it had a free connection when its time came */
  send(sent: { readonly lateUs: number; readonly free: boolean }): void;
  /** @param latencyUs from the intended time of sending */
  answer(outcome: Outcome, latencyUs: number, refusal?: Buffer | null): void;
  /** An answer with 2xx arrived in the measured time, whenever it was due. */
  arrived(): void;
  readonly live: { readonly due: number; readonly answers: number; readonly failed: number; readonly p99Us: number };
  report(facts: Pick<LoadReport, "wantedPerSecond" | "seconds" | "stopped">): LoadReport;
}

/** Later than this is late. */
const lateUs = 1_000;
const messagesEach = 3;

export function isGood(outcome: Outcome): boolean {
  return typeof outcome === "number" && outcome >= 200 && outcome < 300;
}

export function createRecorder(sloMs = Number.POSITIVE_INFINITY): Recorder {
  const [latencies, refusals, lateness] = [createHistogram(), createHistogram(), createHistogram()];
  const outcomes: Record<string, number> = {};
  const messages = new Map<string, Set<string>>();
  const sloUs = sloMs * 1_000;
  let [due, answers, failed, within, arrived, late, generatorLate] = [0, 0, 0, 0, 0, 0, 0];

  function fail(outcome: Outcome, latencyUs: number, refusal: Buffer | null): void {
    failed += 1;
    if (outcome === "unanswered") latencies.record(latencyUs);
    else if (typeof outcome === "number") refusals.record(latencyUs);
    const known = messages.get(String(outcome)) ?? new Set();
    messages.set(String(outcome), known);
    if (refusal !== null && known.size < messagesEach) known.add(toMessage(refusal));
  }
  return {
    sloUs,
    send({ lateUs: by, free }) {
      due += 1;
      if (by > lateUs) late += 1;
      if (!free) return;
      lateness.record(Math.max(0, by));
      if (by > lateUs) generatorLate += 1;
    },
    answer(outcome, latencyUs, refusal = null) {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (typeof outcome === "number") answers += 1;
      if (!isGood(outcome)) return fail(outcome, latencyUs, refusal);
      latencies.record(latencyUs);
      if (latencyUs <= sloUs) within += 1;
    },
    arrived() {
      arrived += 1;
    },
    get live() {
      return { due, answers, failed, p99Us: latencies.percentile(0.99) };
    },
    report: (facts) => ({
      ...facts,
      perSecond: facts.seconds > 0 ? arrived / facts.seconds : 0,
      due,
      answers,
      outcomes,
      failed,
      withinSlo: within,
      lateSends: late,
      generatorLate,
      generatorLateP99Us: lateness.percentile(0.99),
      latencyUs: toLatencies(latencies),
      refusalUs: toLatencies(refusals),
      errors: [...messages].map(([outcome, known]) => ({
        outcome,
        count: outcomes[outcome] ?? 0,
        messages: [...known],
      })),
      distribution: latencies.distribution(),
    }),
  };
}

function toLatencies(histogram: Histogram): Latencies {
  const [p50 = 0, p90 = 0, p99 = 0, p999 = 0] = [0.5, 0.9, 0.99, 0.999].map((share) => histogram.percentile(share));
  return { p50, p90, p99, p999, max: histogram.max, mean: histogram.mean };
}

/** The sentence of an error's body, whatever the protocol; else its first line. */
function toMessage(body: Buffer): string {
  const text = body.toString("utf8").trim();
  try {
    const { detail, error, message } = JSON.parse(text) as Record<string, unknown>;
    const found = [detail, error, message].find((value) => typeof value === "string");
    if (found !== undefined) return found;
  } catch {
    // No JSON, or cut.
  }
  return text.split("\n")[0]!.slice(0, 300);
}
