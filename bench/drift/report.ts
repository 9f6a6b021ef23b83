import {
  benjaminiHochberg,
  chiSquareHomogeneity,
  compareSorted,
  countInBins,
  jensenShannon,
  kolmogorovSmirnovP,
  populationStability,
  toSortedNumbers,
  standardDeviation,
  toCategoryColumn,
  wassersteinOfBins,
} from "@slipway/statistics";

/** One column of a report: the distance that Evidently takes by default over 1,000 rows, and the p of our test. */
export interface ReportRow {
  readonly column: string;
  /** Wasserstein's distance in deviations of the reference; Jensen and Shannon's of categories. */
  readonly distance: number;
  readonly p: number;
}

/** Exact: both samples are sorted and compared value by value. */
export function compareNumbers(column: string, reference: Float64Array, current: Float64Array): ReportRow {
  const [a, b] = [toSortedNumbers(reference), toSortedNumbers(current)];
  const { ks, wasserstein } = compareSorted(a, b);
  const { p } = kolmogorovSmirnovP(ks, { n: a.length, m: b.length });
  return { column, distance: wasserstein / Math.max(standardDeviation(reference), 0.001), p };
}

export function compareTexts(column: string, reference: readonly string[], current: readonly string[]): ReportRow {
  const counts = toCategoryColumn(reference, current).levels();
  const { p } = chiSquareHomogeneity(counts.reference, counts.current);
  return { column, distance: jensenShannon(counts.reference, counts.current), p };
}

/** What is kept of a column of the reference, in place of its rows. */
type Stored =
  | {
      readonly kind: "number";
      readonly column: string;
      readonly edges: Float64Array;
      readonly counts: Float64Array;
      readonly deviation: number;
    }
  | {
      readonly kind: "text";
      readonly column: string;
      readonly places: ReadonlyMap<string, number>;
      readonly counts: Float64Array;
    };

const BINS = 30;

/** Edges at the quantiles of the reference, and beyond all values. */
export function storeNumbers(column: string, reference: Float64Array): Stored {
  const sorted = toSortedNumbers(reference);
  const inner = Array.from({ length: BINS - 1 }, (_, i) => sorted[Math.floor(((i + 1) / BINS) * sorted.length)]!);
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  const edges = Float64Array.of(low - (high - low), ...inner, high + (high - low));
  return {
    kind: "number",
    column,
    edges,
    counts: countInBins(reference, edges),
    deviation: standardDeviation(reference),
  };
}

export function storeTexts(column: string, reference: readonly string[]): Stored {
  const places = new Map<string, number>();
  for (const text of reference) if (!places.has(text)) places.set(text, places.size);
  return { kind: "text", column, places, counts: countTexts(reference, places) };
}

/** Counts of each known text, those of all others at the end. */
export function countTexts(texts: readonly string[], places: ReadonlyMap<string, number>): Float64Array {
  const counts = new Float64Array(places.size + 1);
  for (const text of texts) counts[places.get(text) ?? places.size]!++;
  return counts;
}

/** The report of one column from counts alone. */
export function compareCounts(stored: Stored, current: Float64Array): ReportRow & { readonly stability: number } {
  const { column, counts } = stored;
  const { p } = chiSquareHomogeneity(counts, current);
  const distance =
    stored.kind === "text"
      ? jensenShannon(counts, current)
      : wassersteinOfBins(counts, current, stored.edges) / Math.max(stored.deviation, 0.001);
  return { column, distance, p, stability: populationStability(counts, current, 0.5) };
}

/** Columns whose adjusted p is below 5 %. */
export function drifted(rows: readonly ReportRow[]): string[] {
  const adjusted = benjaminiHochberg(rows.map(({ p }) => p));
  return rows.filter((_, i) => adjusted[i]! < 0.05).map(({ column }) => column);
}
