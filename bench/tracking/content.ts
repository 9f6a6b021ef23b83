/** What a run of the data set holds: the same on every server, told by its number alone. */
export interface RunContent {
  readonly name: string;
  readonly startTime: number;
  readonly metrics: readonly Point[];
  readonly params: readonly Entry[];
  readonly tags: readonly Entry[];
}

export interface Point {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

export interface Entry {
  readonly key: string;
  readonly value: string;
}

const [metricsEach, paramsEach, tagsEach] = [10, 10, 5];
const firstStart = Date.UTC(2026, 0, 1);
export const experimentName = "bench";

export function toRunContent(at: number): RunContent {
  const startTime = firstStart + at * 1_000;
  return {
    name: `run-${String(at).padStart(6, "0")}`,
    startTime,
    metrics: Array.from({ length: metricsEach }, (_, key) => ({
      key: `m${key}`,
      value: toShare(at, key),
      timestamp: startTime + 500,
      step: 0,
    })),
    // From 2 to 11 values, each as often as the others.
    params: Array.from({ length: paramsEach }, (_, key) => ({ key: `p${key}`, value: `v${at % (key + 2)}` })),
    tags: Array.from({ length: tagsEach }, (_, key) => ({ key: `t${key}`, value: `team-${(at + key) % 7}` })),
  };
}

/** From 0 to 1, evenly, the same for the same two numbers. */
function toShare(at: number, key: number): number {
  let mixed = Math.imul(at + 1, 0x9e3779b1) ^ Math.imul(key + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}

/** A search of runs, without its page. */
export interface Question {
  readonly title: string;
  readonly filter?: string;
  readonly order_by?: readonly string[];
}

/** One run in twenty. */
export const narrow: Question = {
  title: "filter on a metric and a param, order by a metric",
  filter: "metrics.m3 > 0.5 and params.p8 = 'v3'",
  order_by: ["metrics.m5 DESC"],
};

/** More than one run in three, so that there are 100 pages of 100 in 100,000 runs. */
export const wide: Question = {
  title: "filter on a metric and a param, order by a metric",
  filter: "metrics.m3 > 0.25 and params.p0 = 'v1'",
  order_by: ["metrics.m5 DESC"],
};

export const newest: Question = { title: "newest first" };
export const byMetric: Question = { title: "order by a metric", order_by: ["metrics.m5 DESC"] };
export const byName: Question = {
  title: "filter on a tag and a name, order by a param and a name",
  filter: "tags.t1 != 'team-3' and attributes.run_name LIKE 'run-0000%'",
  order_by: ["params.p4 ASC", "attributes.run_name ASC"],
};
