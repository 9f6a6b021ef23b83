import type { MetricSpec } from "../spec.ts";
import type { Sums } from "./measured.ts";

const counted: Readonly<Record<string, string>> = {
  errors: "failed",
  refused: "were refused",
  fallbacks: "were answered by the fallback",
  wrong: "were wrong",
};

/** What happens to a unit that is counted. */
export function happens({ name, source }: MetricSpec): string {
  if (source.kind === "counter") return counted[source.metric] ?? name;
  if (source.kind === "latency")
    return source.budgetMs === null
      ? "took longer than the budget"
      : `took longer than ${toNumber(source.budgetMs)} ms`;
  return source.kind === "label" ? (counted[source.metric] ?? name) : name;
}

/** What a unit is. */
export function units({ source }: MetricSpec): string {
  if (source.kind === "counter" || source.kind === "latency") return "requests";
  return source.kind === "label" ? "labelled rows" : "rows";
}

// To make one takes longer than all the rest of an evaluation.
const counts = new Intl.NumberFormat("en-GB");

export function toCount(count: number): string {
  return counts.format(Math.round(count));
}

/** Four significant digits. */
export function toNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}

export function toPercent(share: number): string {
  return `${toNumber(100 * share)} %`;
}

/** `2.1 % of 1,024 requests`. */
export function toRate(spec: MetricSpec, { n, sum }: Sums): string {
  return n === 0 ? `none of 0 ${units(spec)}` : `${toPercent(sum / n)} of ${toCount(n)} ${units(spec)}`;
}

/** `0.412 over 3,000 labelled rows`. */
export function toMean(spec: MetricSpec, { n, sum }: Sums): string {
  return n === 0 ? `nothing over 0 ${units(spec)}` : `${toNumber(sum / n)} over ${toCount(n)} ${units(spec)}`;
}

export function toE(eValue: number): string {
  return eValue >= 1e6 ? eValue.toExponential(1) : toNumber(eValue);
}
