import { median, ratios, toFigure, type Comparison } from "../lib/table.ts";
import type { Bar } from "../lib/bar.ts";
import { findBest, names } from "../serving/bars.ts";

export interface Demand {
  readonly figure: string;
  /** "≥ 3", "≤ 1.5 s" */
  readonly bar: string;
  /** One a repeat. */
  readonly values: readonly number[];
  readonly note?: string;
}

/** Their medians are judged. */
export function toBars(demands: readonly Demand[]): readonly Bar[] {
  return demands.map(({ figure, bar, values, note = "" }) => {
    if (values.length === 0) return { figure, bar, value: "not measured in this run", met: null };
    const middle = median(values);
    const range = values.length > 1 ? ` (${toFigure(Math.min(...values))} to ${toFigure(Math.max(...values))})` : "";
    return { figure, bar, value: `${toFigure(middle)}${range}${note}`, met: isMet(middle, bar) };
  });
}

function isMet(value: number, bar: string): boolean {
  const [, sign, limit] = /^([≥≤]) ([\d.]+)/.exec(bar) ?? [];
  if (limit === undefined) throw new Error(`${bar} is no bar.`);
  return sign === "≥" ? value >= Number(limit) : value <= Number(limit);
}

/** Slipway's requests a second over those of the peer that has most. */
export function demandOverPeers(most: Comparison): Demand {
  const best = findBest(most, "req/s", "highest");
  return {
    figure: "small model: requests/s over the best Python peer",
    bar: "≥ 3",
    values: best === null ? [] : ratios(most, { figure: "req/s", of: names.slipway, to: best }),
    note: ` over ${best}`,
  };
}

/** CPU time of a request at the other over ours. */
export function demandLessCpu(most: Comparison, peer: string): Demand {
  return {
    figure: `100-tree forest by translation: CPU a request, ${peer} with scikit-learn over Slipway`,
    bar: "≥ 50",
    values: ratios(most, { figure: "CPU µs a request", of: peer, to: names.slipway }),
  };
}
