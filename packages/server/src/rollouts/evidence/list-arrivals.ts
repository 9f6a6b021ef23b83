import { sumArrivals } from "./counters/arrivals.ts";
import { countFirsts } from "./counters/count-firsts.ts";
import type { Cell } from "./counters/counts.ts";
import { ofEvents, type Stratum } from "./measured.ts";
import { toStrata, withFirsts } from "./to-strata.ts";

export interface ArrivalsOptions {
  readonly control: "champion" | "control";
  /** Units stay with their arm. */
  readonly hasUnit: boolean;
  /** Of what came before then, milliseconds; left out: of all that is on record. */
  readonly before?: number;
}

/** What came to the arms: requests; where units stay with their arm, buckets that none had come from before. */
export function listArrivals(
  all: readonly Cell[],
  { control, hasUnit, before = Number.POSITIVE_INFINITY }: ArrivalsOptions,
): Stratum[] {
  const cells = before === Number.POSITIVE_INFINITY ? all : all.map((cell) => toBefore(cell, before));
  const requests = cells.map(({ counts, ...key }) => ({ ...key, sums: ofEvents(counts.requests, 0) }));
  const strata = toStrata(requests, control);
  if (!hasUnit) return strata;
  return withFirsts(strata, countFirsts(cells, "requests", control), control).map(({ firsts, ...stratum }) =>
    firsts === undefined
      ? stratum
      : { ...stratum, challenger: ofEvents(firsts.challenger, 0), control: ofEvents(firsts.control, 0) },
  );
}

function toBefore({ counts, ...key }: Cell, before: number): Cell {
  const { requests, buckets } = sumArrivals(counts.arrived, before);
  return { ...key, counts: { ...counts, requests, buckets: buckets === null ? {} : { requests: buckets } } };
}
