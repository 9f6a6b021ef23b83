/**
 * How many values fall into each bin [e0, e1), [e1, e2), ... the last one closed: numpy.histogram. What is outside, or NaN, is
 * in none.
 * @param edges ascending, at least two
 */
export function countInBins(values: ArrayLike<number>, edges: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const bins = edges.length - 1;
  const counts = new Float64Array(bins);
  const first = edges[0]!;
  const last = edges[bins]!;
  // Exact for equal widths; else the loops beside it walk to the right bin.
  const perUnit = bins / (last - first);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= first && value <= last)) continue;
    let bin = Math.min(bins - 1, Math.floor((value - first) * perUnit));
    while (bin > 0 && value < edges[bin]!) bin--;
    while (bin < bins - 1 && value >= edges[bin + 1]!) bin++;
    counts[bin]!++;
  }
  return counts;
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
