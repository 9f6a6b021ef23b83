import type { ChangeDetector } from "./change.ts";

export interface AdwinOptions {
  /** The chance of a false cut. */
  readonly delta?: number;
  /** Looks for a change at every `clock`-th value. */
  readonly clock?: number;
  /** Buckets of one size before two are merged. */
  readonly maxBuckets?: number;
  /** Values in each of the two parts. */
  readonly leastPart?: number;
  /** No verdict until the window is longer than this. */
  readonly grace?: number;
}

export interface Adwin extends ChangeDetector {
  /** Values in the window now. */
  readonly width: () => number;
  readonly mean: () => number;
}

interface Bucket {
  readonly total: number;
  /** Sum of squared differences from the bucket's mean. */
  readonly squares: number;
}

/**
 * Adaptive windowing: a window that is cut wherever the means of two of its parts differ by more than chance
 * (A. Bifet, R. Gavaldà, "Learning from Time-Changing Data with Adaptive Windowing", 2007), as river 0.26's ADWIN. Memory and
 * time grow with the logarithm of the window. Never warns.
 */
export function createAdwin(options: AdwinOptions = {}): Adwin {
  let window = createWindow(options);
  let drifted = false;
  return {
    update(value) {
      if (drifted) window = createWindow(options);
      drifted = window.add(value);
      return drifted ? "drift" : "none";
    },
    width: () => window.width(),
    mean: () => window.mean(),
  };
}

function createWindow({ delta = 0.002, clock = 32, maxBuckets = 5, leastPart = 5, grace = 10 }: AdwinOptions): {
  add(value: number): boolean;
  width(): number;
  mean(): number;
} {
  /** Row i holds buckets of 2^i values, the oldest first. */
  const rows: Bucket[][] = [[]];
  let [width, total, squares, ticks] = [0, 0, 0, 0];

  const compress = () => {
    for (let i = 0; i < rows.length && rows[i]!.length > maxBuckets; i++) {
      const [first, second] = rows[i]!.splice(0, 2) as [Bucket, Bucket];
      const size = 2 ** i;
      const gap = (first.total - second.total) / size;
      rows[i + 1] ??= [];
      rows[i + 1]!.push({
        total: first.total + second.total,
        squares: first.squares + second.squares + (gap * gap * size) / 2,
      });
    }
  };

  const dropOldest = () => {
    const size = 2 ** (rows.length - 1);
    const oldest = rows.at(-1)!.shift()!;
    width -= size;
    total -= oldest.total;
    const gap = oldest.total / size - total / width;
    squares -= oldest.squares + (size * width * gap * gap) / (size + width);
    while (rows.length > 1 && rows.at(-1)!.length === 0) rows.pop();
  };

  const isCut = (older: number, olderTotal: number): boolean => {
    const newer = width - older;
    if (older < leastPart || newer < leastPart) return false;
    const gap = olderTotal / older - (total - olderTotal) / newer;
    const confidence = Math.log((2 * Math.log(width)) / delta);
    const inverse = 1 / (older - leastPart + 1) + 1 / (newer - leastPart + 1);
    const bound = Math.sqrt(2 * inverse * (squares / width) * confidence) + (2 / 3) * confidence * inverse;
    return Math.abs(gap) > bound;
  };

  const hasCut = (): boolean => {
    let [older, olderTotal] = [0, 0];
    for (let i = rows.length - 1; i >= 0; i--) {
      for (const bucket of rows[i]!) {
        older += 2 ** i;
        olderTotal += bucket.total;
        if (older < width && isCut(older, olderTotal)) return true;
      }
    }
    return false;
  };

  return {
    add(value) {
      rows[0]!.push({ total: value, squares: 0 });
      width++;
      if (width > 1) squares += ((width - 1) * (value - total / (width - 1)) ** 2) / width;
      total += value;
      compress();
      ticks++;
      if (ticks % clock !== 0 || width <= grace) return false;
      let drifted = false;
      while (hasCut()) {
        drifted = true;
        dropOldest();
      }
      return drifted;
    },
    width: () => width,
    mean: () => (width === 0 ? 0 : total / width),
  };
}
