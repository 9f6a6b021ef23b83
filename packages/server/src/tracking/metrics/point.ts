/** A point of a metric as the tables have it: NaN is 0 with `is_nan`. */
export interface PointRow {
  readonly key: string;
  readonly value: number;
  readonly is_nan: number;
  readonly timestamp: number;
  readonly step: number;
}

export interface MetricJson {
  readonly key: string;
  /** JSON has no NaN. */
  readonly value: number | "NaN";
  readonly timestamp: number;
  readonly step: number;
}

export function toMetricJson({ key, value, is_nan, timestamp, step }: PointRow): MetricJson {
  return { key, value: is_nan === 1 ? "NaN" : value, timestamp, step };
}

/**
 * Points on their way to the database: column by column, for a thousand small objects take ten times as long from thread to
 * thread.
 */
export interface Points {
  /** Each key once. */
  readonly keys: readonly string[];
  /** For each point, which of `keys` it has. */
  readonly keyOf: ArrayLike<number>;
  /** NaN is NaN; infinities are the largest doubles, as MLflow stores them. */
  readonly values: ArrayLike<number>;
  /** Milliseconds. */
  readonly timestamps: ArrayLike<number>;
  readonly steps: ArrayLike<number>;
}

export interface Metric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

/** Below that, arrays of numbers cross threads faster than typed ones. */
const few = 16;

export function toPoints(metrics: readonly Metric[]): Points {
  const { length } = metrics;
  const column = () => (length <= few ? new Array<number>(length) : new Float64Array(length));
  const [keyOf, values, timestamps, steps] = [column(), column(), column(), column()];
  const numbers = new Map<string, number>();
  for (let i = 0; i < length; i++) {
    const { key, value, timestamp, step } = metrics[i]!;
    let number = numbers.get(key);
    if (number === undefined) numbers.set(key, (number = numbers.size));
    keyOf[i] = number;
    values[i] = toStored(value);
    timestamps[i] = timestamp;
    steps[i] = step;
  }
  return { keys: [...numbers.keys()], keyOf, values, timestamps, steps };
}

export function toStored(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  return value === Number.NEGATIVE_INFINITY ? -Number.MAX_VALUE : value;
}
