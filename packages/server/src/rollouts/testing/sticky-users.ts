import { addBucket, createBucketSet, toBase64 } from "../evidence/counters/bucket-set.ts";
import { countFirsts } from "../evidence/counters/count-firsts.ts";
import { type Cell, createCounts } from "../evidence/counters/counts.ts";
import { listArrivals } from "../evidence/list-arrivals.ts";
import { ofEvents, type Stratum } from "../evidence/measured.ts";
import { toStrata, withFirsts } from "../evidence/to-strata.ts";
import { whole } from "../share.ts";

/** Users who stay with their arm: each has a bucket, an error rate of its own, whichever version answers it, and its part of the traffic. */
export interface Users {
  readonly count: number;
  /** Of the Pareto distribution of how much traffic one makes: the closer to 1, the more of it is made by a few. */
  readonly tail: number;
  /** Of the Beta distribution of their error rates. Small ones: some fail always, most never. */
  readonly rate: readonly [a: number, b: number];
}

interface Placed {
  readonly revision: number;
  readonly share: number;
}

/** What a population did, counted as the thread counts it. */
export interface StickyTraffic {
  /** @returns how many of the requests failed */
  readonly send: (requests: number, place: Placed) => number;
  /** Of the errors. */
  readonly strata: () => readonly Stratum[];
  readonly arrivals: () => readonly Stratum[];
}

export function createStickyTraffic({ count, tail, rate }: Users, random: () => number): StickyTraffic {
  const buckets = Int32Array.from({ length: count }, () => Math.floor(whole * random()));
  const rates = Float64Array.from({ length: count }, () => beta(random, rate));
  let traffic = 0;
  const until = Float64Array.from({ length: count }, () => (traffic += (1 - random()) ** (-1 / tail)));
  const kept = new Map<string, ReturnType<typeof createCell>>();

  function cellOf({ revision, share }: Placed, arm: "challenger" | "champion") {
    const name = `${revision} ${arm}`;
    let cell = kept.get(name);
    if (cell === undefined)
      kept.set(name, (cell = createCell(revision, arm, arm === "challenger" ? share : 1 - share)));
    return cell;
  }

  const list = (): Cell[] => [...kept.values()].map(({ toCell }) => toCell());

  return {
    send(requests, place) {
      let failed = 0;
      for (let i = 0; i < requests; i++) {
        const user = search(until, random() * traffic);
        const bucket = buckets[user]!;
        const isError = random() < rates[user]!;
        cellOf(place, bucket < Math.round(place.share * whole) ? "challenger" : "champion").add(bucket, isError);
        failed += Number(isError);
      }
      return failed;
    },
    strata() {
      const cells = list();
      const arms = cells.map(({ counts, ...key }) => ({ ...key, sums: ofEvents(counts.requests, counts.errors) }));
      return withFirsts(toStrata(arms, "champion"), countFirsts(cells, "errors", "champion"), "champion");
    },
    arrivals: () => listArrivals(list(), { control: "champion", hasUnit: true }),
  };
}

function createCell(revision: number, arm: string, propensity: number) {
  const counts = createCounts();
  const [came, failed] = [createBucketSet(), createBucketSet()];
  let known: Cell | null = null;
  return {
    add(bucket: number, isError: boolean) {
      counts.requests++;
      addBucket(came, bucket);
      known = null;
      if (!isError) return;
      counts.errors++;
      addBucket(failed, bucket);
    },
    toCell: (): Cell =>
      (known ??= {
        rollout: "simulated",
        revision,
        arm,
        via: "bucket",
        propensity,
        counts: { ...counts, buckets: { requests: toBase64(came), errors: toBase64(failed) } },
      }),
  };
}

/** The first place whose value is above. */
function search(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Jöhnk's: of two powers of uniform numbers whose sum is below 1. */
function beta(random: () => number, [a, b]: readonly [number, number]): number {
  for (;;) {
    const [x, y] = [random() ** (1 / a), random() ** (1 / b)];
    if (x + y <= 1 && x + y > 0) return x / (x + y);
  }
}
