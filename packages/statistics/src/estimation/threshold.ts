/** A stretch of rows, [start, end). */
export interface Chunk {
  readonly start: number;
  readonly end: number;
}

/** Where a figure of a chunk is no longer as on the reference. Null: not bounded on that side. */
export interface Threshold {
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Stretches of `size` rows; a rest that is shorter is a chunk of its own. */
export function chunksOfSize(rows: number, size: number): Chunk[] {
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`A chunk has 1 row or more, not ${size}.`);
  const chunks: Chunk[] = [];
  for (let start = 0; start < rows; start += size) chunks.push({ start, end: Math.min(rows, start + size) });
  return chunks;
}

/** Stretches of equal neighbouring keys, such as the month of rows in the order of time. */
export function chunksOfKeys(keys: readonly (string | number)[]): Chunk[] {
  const chunks: Chunk[] = [];
  let start = 0;
  for (let i = 1; i <= keys.length; i++) {
    if (i < keys.length && keys[i] === keys[start]) continue;
    chunks.push({ start, end: i });
    start = i;
  }
  return chunks;
}

export interface DeviationOptions {
  /** How many standard deviations (of n, not n - 1) the thresholds are from the mean; null: no threshold. Default 3. */
  readonly lower?: number | null;
  readonly upper?: number | null;
  /** What the figure cannot go below or above: a threshold beyond is set to it. */
  readonly least?: number | null;
  readonly most?: number | null;
}

/**
 * Mean -+ 3 standard deviations of a figure over the chunks of the reference, chunks without the figure left out, kept
 * within what is possible (NannyML's StandardDeviationThreshold).
 */
export function deviationThreshold(values: readonly (number | null)[], options: DeviationOptions = {}): Threshold {
  const { lower = 3, upper = 3, least = null, most = null } = options;
  const known = values.filter((value): value is number => value !== null && !Number.isNaN(value));
  if (known.length === 0) return { lower: null, upper: null };
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const deviation = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length);
  const low = lower === null ? null : mean - lower * deviation;
  const high = upper === null ? null : mean + upper * deviation;
  return {
    lower: low !== null && least !== null ? Math.max(least, low) : low,
    upper: high !== null && most !== null ? Math.min(most, high) : high,
  };
}

/** Whether a value is outside of its thresholds. */
export function isOutside(value: number | null, { lower, upper }: Threshold): boolean {
  return value !== null && ((lower !== null && value < lower) || (upper !== null && value > upper));
}
