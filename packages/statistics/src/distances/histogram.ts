/**
 * How many values fall into each bin [e0, e1), [e1, e2), ... the last one closed: numpy.histogram. What is outside, or NaN, is
 * in none.
 * @param edges ascending, at least two; the outer ones may be infinite
 */
export function countInBins(values: ArrayLike<number>, edges: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const bins = edges.length - 1;
  const counts = new Float64Array(bins);
  const first = edges[0]!;
  const last = edges[bins]!;
  const cells = Math.min(1024, 32 * bins);
  // 0, and so one cell for all, where the range is nothing or infinite.
  const perUnit = last > first ? cells / (last - first) : 0;
  const highest = toHighestBins(edges, { cells, perUnit });
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= first && value <= last)) continue;
    const cell = ((value - first) * perUnit) | 0;
    let low = highest[cell]!;
    let high = highest[cell + 1]!;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (value >= edges[middle]!) low = middle;
      else high = middle - 1;
    }
    counts[low]!++;
  }
  return counts;
}

/**
 * A grid over the range that says where to look: the highest bin that begins in a cell before c is at place c. A value of cell c is in
 * that bin or a later one that begins in its cell; rounding cannot break that, since edges are put in cells as values are.
 */
function toHighestBins(edges: ArrayLike<number>, { cells, perUnit }: { cells: number; perUnit: number }): Uint32Array {
  const highest = new Uint32Array(cells + 2);
  for (let bin = 0; bin < edges.length - 1; bin++) highest[(((edges[bin]! - edges[0]!) * perUnit) | 0) + 1] = bin;
  for (let place = 1; place < highest.length; place++) highest[place] = Math.max(highest[place]!, highest[place - 1]!);
  return highest;
}

/**
 * Edges of equal bins over a range, as many as H. A. Sturges' rule (1926) has for n values, in NumPy's arithmetic
 * (numpy.histogram_bin_edges(bins="sturges")). A range of one value is made 1 wide.
 */
export function sturgesEdges(range: readonly [min: number, max: number], n: number): Float64Array<ArrayBuffer> {
  const [min, max] = range;
  if (min === max) return Float64Array.of(min - 0.5, max + 0.5);
  const width = (max - min) / (Math.log2(n) + 1);
  return evenEdges(range, Math.ceil((max - min) / width));
}

/** The edges of so many bins of one width: numpy.linspace. */
export function evenEdges([min, max]: readonly [min: number, max: number], bins: number): Float64Array<ArrayBuffer> {
  const step = (max - min) / bins;
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => i * step + min);
  edges[bins] = max;
  return edges;
}
