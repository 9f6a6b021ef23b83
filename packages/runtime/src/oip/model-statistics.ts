/** Counts and nanoseconds, as Triton's `StatisticDuration`. */
export interface StatisticDuration {
  readonly count: number;
  readonly ns: number;
}

/** What a loaded version has counted. */
export interface CountedModel {
  readonly name: string;
  readonly version: number;
  readonly stats: {
    /** Milliseconds since 1970; 0: no request yet. */
    readonly lastInferenceAt: number;
    readonly inferences: number;
    readonly executions: number;
    readonly success: StatisticDuration;
    readonly fail: StatisticDuration;
    readonly queue: StatisticDuration;
    readonly compute: StatisticDuration;
    /** By rows of a run. */
    readonly batches: ReadonlyMap<number, StatisticDuration>;
  };
}

/** One entry of `model_stats` in Triton's statistics extension. */
export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  readonly last_inference: number;
  readonly inference_count: number;
  readonly execution_count: number;
  readonly inference_stats: Readonly<
    Record<
      "success" | "fail" | "queue" | "compute_input" | "compute_infer" | "compute_output" | "cache_hit" | "cache_miss",
      StatisticDuration
    >
  >;
  readonly batch_stats: readonly BatchStatistics[];
}

export interface BatchStatistics {
  readonly batch_size: number;
  readonly compute_input: StatisticDuration;
  readonly compute_infer: StatisticDuration;
  readonly compute_output: StatisticDuration;
}

/** Making tensors and taking outputs apart is part of the run here, so it is all `compute_infer`; the other two count and last nothing. */
export function toModelStatistics({ name, version, stats }: CountedModel): ModelStatistics {
  const { compute } = stats;
  const noTime = { count: compute.count, ns: 0 };
  const never = { count: 0, ns: 0 };
  return {
    name,
    version: String(version),
    last_inference: stats.lastInferenceAt,
    inference_count: stats.inferences,
    execution_count: stats.executions,
    inference_stats: {
      success: copy(stats.success),
      fail: copy(stats.fail),
      queue: copy(stats.queue),
      compute_input: noTime,
      compute_infer: copy(compute),
      compute_output: noTime,
      cache_hit: never,
      cache_miss: never,
    },
    batch_stats: [...stats.batches]
      .toSorted(([a], [b]) => a - b)
      .map(([batch_size, duration]) => ({
        batch_size,
        compute_input: { count: duration.count, ns: 0 },
        compute_infer: copy(duration),
        compute_output: { count: duration.count, ns: 0 },
      })),
  };
}

function copy({ count, ns }: StatisticDuration): StatisticDuration {
  return { count, ns };
}

/** The same version in several processes. */
export function addModelStatistics(one: ModelStatistics, other: ModelStatistics): ModelStatistics {
  const { inference_stats: a } = one;
  const { inference_stats: b } = other;
  const sizes = new Set([...one.batch_stats, ...other.batch_stats].map((batch) => batch.batch_size));
  const ofSize = (size: number) =>
    [...one.batch_stats, ...other.batch_stats].filter((batch) => batch.batch_size === size).reduce(addBatches);
  return {
    ...one,
    last_inference: Math.max(one.last_inference, other.last_inference),
    inference_count: one.inference_count + other.inference_count,
    execution_count: one.execution_count + other.execution_count,
    inference_stats: {
      success: add(a.success, b.success),
      fail: add(a.fail, b.fail),
      queue: add(a.queue, b.queue),
      compute_input: add(a.compute_input, b.compute_input),
      compute_infer: add(a.compute_infer, b.compute_infer),
      compute_output: add(a.compute_output, b.compute_output),
      cache_hit: add(a.cache_hit, b.cache_hit),
      cache_miss: add(a.cache_miss, b.cache_miss),
    },
    batch_stats: [...sizes].toSorted((x, y) => x - y).map(ofSize),
  };
}

function addBatches(one: BatchStatistics, other: BatchStatistics): BatchStatistics {
  return {
    batch_size: one.batch_size,
    compute_input: add(one.compute_input, other.compute_input),
    compute_infer: add(one.compute_infer, other.compute_infer),
    compute_output: add(one.compute_output, other.compute_output),
  };
}

function add(one: StatisticDuration, other: StatisticDuration): StatisticDuration {
  return { count: one.count + other.count, ns: one.ns + other.ns };
}
