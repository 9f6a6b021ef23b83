import { requestsToAlarm } from "@slipway/statistics";
import { toPercentText, whole } from "../share.ts";
import type { MetricSpec, RolloutSpec } from "../spec.ts";
import type { ForeseenStep } from "./foresee-steps.ts";
import { usualBudget } from "../evidence/latency-budget.ts";
import { shareSlower, type PresentTraffic } from "./present-traffic.ts";
import { aboutText, paceText, rateText, spanText, stepName } from "./words.ts";

export interface ForeseenMetric {
  readonly metric: string;
  readonly role: "guardrail" | "signal";
  readonly alpha: number;
  /** Ten-thousandths: the step that it was reckoned for. */
  readonly share: number;
  readonly baseRate: number | null;
  readonly ratio: number | null;
  /** Of both arms, in the median, at that share all the time. */
  readonly requests: number | null;
  readonly takesMs: number | null;
  /** Whether it is seen before the steps end, going through them as planned; null: nobody can say. */
  readonly inTime: boolean | null;
  readonly message: string;
}

interface Given {
  readonly spec: RolloutSpec;
  readonly steps: readonly ForeseenStep[];
  readonly traffic: PresentTraffic | null;
}

interface Rate {
  /** What happens, as `20 % of requests that ...`. */
  readonly what: string;
  readonly units: string;
  readonly rate: number;
  /** How many units it is from. */
  readonly of: number;
  readonly perSecond: number;
  readonly delayMs: number;
}

/** Up to it, twice as often is still next to never: the candidate is reckoned to have `notedRate`. */
const rareRate = 0.001;
const notedRate = 0.01;

/** How long until harm of a size is seen. */
export function foreseeMetric(metric: MetricSpec, role: ForeseenMetric["role"], given: Given): ForeseenMetric {
  const { spec, steps, traffic } = given;
  const first = steps.find((step) => isCompared(step));
  const share = first?.share ?? 0;
  const unknown = (message: string): ForeseenMetric => {
    const { name, alpha } = metric;
    return {
      metric: name,
      role,
      alpha,
      share,
      baseRate: null,
      ratio: null,
      requests: null,
      takesMs: null,
      inTime: null,
      message,
    };
  };
  if (first === undefined)
    return unknown(
      steps.some(({ kind }) => kind === "shadow")
        ? "Each request of the shadow is a pair: far fewer are needed than of two halves of the traffic."
        : "No step divides the traffic: there is nothing at the same time to compare it with.",
    );
  if (traffic === null) return unknown("The endpoint was not asked of late: how long it takes cannot be said.");
  const known = rateOf(metric, traffic);
  if (known === null) return unknown(whyUnknown(metric));
  // What was never seen is rarer than once in all that was.
  const rate = Math.max(known.rate, Math.min(rareRate, 1 / (known.of + 1)));
  const ratio = ratioFor(rate);
  const of = { rate, ratio, alpha: metric.alpha, tolerate: metric.tolerate };
  const requests = requestsToAlarm({ ...of, share: weightAt(share, spec) });
  const takesMs = Number.isFinite(requests) ? known.delayMs + timeAt(requests, share, { spec, known }) : null;
  const seen = walk(steps, (at) => timeAt(requestsToAlarm({ ...of, share: weightAt(at, spec) }), at, { spec, known }));
  return {
    metric: metric.name,
    role,
    alpha: metric.alpha,
    share,
    baseRate: known.rate,
    ratio,
    requests: Number.isFinite(requests) ? Math.ceil(requests) : null,
    takesMs,
    inTime: seen === "unknown" ? null : seen !== "late",
    message: toMessage({ known, rate, ratio, share, requests, takesMs, seen, total: steps.length }),
  };
}

/** Only where both arms have traffic is anything compared. */
function isCompared({ kind, share }: Pick<ForeseenStep, "kind" | "share">): boolean {
  return kind === "traffic" && share !== null && share > 0 && share < whole;
}

/** The candidate's part of what is compared. */
function weightAt(share: number, { control }: Pick<RolloutSpec, "control">): number {
  return control === "equal" ? 0.5 : share / whole;
}

function timeAt(
  requests: number,
  share: number,
  { spec, known }: { readonly spec: RolloutSpec; readonly known: Rate },
): number {
  const compared = spec.control === "equal" ? (2 * share) / whole : 1;
  return (1000 * requests) / (known.perSecond * compared);
}

function rateOf({ source }: MetricSpec, { serving, labels, requestsPerSecond }: PresentTraffic): Rate | null {
  const { requests, latency } = serving;
  const of = { units: "requests", of: requests, perSecond: requestsPerSecond, delayMs: 0 };
  if (source.kind === "counter") {
    const what = { errors: "fail", refused: "are refused", fallbacks: "are answered by the fallback" }[source.metric];
    return { ...of, what: `requests that ${what}`, rate: requests === 0 ? 0 : serving[source.metric] / requests };
  }
  if (source.kind === "latency") {
    const budgetMs = source.budgetMs ?? usualBudget(latency);
    if (budgetMs === null) return null;
    const what = `requests that take longer than ${Number(budgetMs.toPrecision(3))} ms`;
    return { ...of, what, rate: shareSlower(latency, budgetMs) };
  }
  if (source.kind !== "label" || source.metric !== "wrong" || labels === null) return null;
  const { wrong: rate, rows, perSecond, delayMs } = labels;
  return { what: "labelled rows that are wrong", units: "labelled rows", rate, of: rows, perSecond, delayMs };
}

function whyUnknown({ source }: MetricSpec): string {
  if (source.kind === "latency") return "The version that serves has not answered yet: its usual latency is not known.";
  if (source.kind === "label")
    return "It hangs on labels, and how they spread is not known before the first have come.";
  return "It is a query of your own: how its values spread is not known before the first have come.";
}

/** How much worse is reckoned with: twice as often of what is rare, less of what is frequent. */
function ratioFor(rate: number): number {
  if (rate <= rareRate) return notedRate / rate;
  return rate < 0.05 ? 2 : rate < 0.2 ? 1.5 : Math.min(1.2, 0.5 * (1 + 1 / rate));
}

/** In which step it is seen, after how long from the first; evidence of one step counts in the next. */
type Seen = { readonly step: number; readonly afterMs: number } | "late" | "unknown";

function walk(steps: readonly ForeseenStep[], timeAlone: (share: number) => number): Seen {
  let [part, afterMs] = [0, 0];
  for (const [i, step] of steps.entries()) {
    if (step.kind === "approve") continue;
    if (step.takesMs === null) return "unknown";
    if (isCompared(step)) {
      const whole = timeAlone(step.share!);
      if (part + step.takesMs / whole >= 1) return { step: i, afterMs: afterMs + (1 - part) * whole };
      part += step.takesMs / whole;
    }
    afterMs += step.takesMs;
  }
  return "late";
}

interface Reckoned {
  readonly known: Rate;
  readonly rate: number;
  readonly ratio: number;
  readonly share: number;
  readonly requests: number;
  readonly takesMs: number | null;
  readonly seen: Seen;
  readonly total: number;
}

function toMessage({ known, rate, ratio, share, requests, takesMs, seen, total }: Reckoned): string {
  const { what, units, perSecond } = known;
  const at = `At ${paceText(perSecond, units)} and ${toPercentText(share)}`;
  const now = known.rate === 0 ? `none of ${aboutText(known.of)} now` : `${rateText(known.rate)} now`;
  const worse =
    rate <= rareRate
      ? `${rateText(notedRate)} of ${what} (${now})`
      : `${ratio === 2 ? "twice" : `${Number(ratio.toPrecision(2))} times`} the ${rateText(rate)} of ${what}`;
  if (takesMs === null) return `${at}, ${worse} is never seen: so much is tolerated.`;
  const alone = `${at}, ${worse} is seen after about ${spanText(takesMs)} (${aboutText(requests)} ${units})`;
  if (seen === "unknown") return `${alone}.`;
  if (seen === "late") return `${alone}; its steps end before that.`;
  const where =
    total === 1 || seen.step === 0
      ? ""
      : `; as planned in ${stepName(seen.step)}, after about ${spanText(seen.afterMs)}`;
  return `${alone}${where}.`;
}
