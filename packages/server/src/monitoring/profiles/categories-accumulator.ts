import {
  addTextToDistinct,
  addToFrequent,
  copyDistinctSketch,
  copyFrequentItems,
  createDistinctSketch,
  createFrequentItems,
} from "@slipway/statistics/sketches";
import { absentCode, missingCode } from "./column-batch.ts";
import { binCount, type ColumnPlan } from "./column-plan.ts";
import type { ColumnProfile } from "./profile.ts";

/** Gathers the categories of one column. */
export interface CategoriesAccumulator {
  /** `places`: of the rows in `codes`; null: the first `count`. Codes keep their meaning until `settle`. */
  add(codes: Int32Array, places: Int32Array | null, count: number): void;
  /** Turns codes into texts, before they come to mean others. */
  settle(texts: readonly string[]): void;
  profile(): ColumnProfile;
}

/** Longer texts are cut: a profile holds some dozens of each column. */
const mostText = 200;

export function createCategoriesAccumulator(
  plan: ColumnPlan,
  from: ColumnProfile | null = null,
): CategoriesAccumulator {
  const { categories } = plan;
  const size = binCount(plan);
  const bins = size === null ? null : (from?.bins?.slice() ?? new Float64Array(size));
  const places = categories === null ? null : new Map(categories.map((category, i) => [category, i]));
  const frequent = copyFrequentItems(from?.frequent ?? createFrequentItems());
  const distinct = copyDistinctSketch(from?.distinct ?? createDistinctSketch());
  let { count, missing, unseen } = from ?? { count: 0, missing: 0, unseen: 0 };
  let counts = new Float64Array(16);

  function take(text: string, rows: number): void {
    const cut = text.length > mostText ? text.slice(0, mostText) : text;
    addToFrequent(frequent, cut, rows);
    addTextToDistinct(distinct, text);
    if (places === null || bins === null) return;
    const bin = places.get(text) ?? bins.length - 1;
    bins[bin] = (bins[bin] as number) + rows;
    if (bin === bins.length - 1) unseen += rows;
  }

  return {
    add(codes, rows, length) {
      for (let i = 0; i < length; i++) {
        const code = codes[rows === null ? i : (rows[i] as number)] as number;
        if (code === absentCode) continue;
        count++;
        if (code === missingCode) missing++;
        else {
          if (code >= counts.length) counts = enlarge(counts, code + 1);
          counts[code] = (counts[code] as number) + 1;
        }
      }
    },
    settle(texts) {
      for (let code = 0; code < counts.length; code++) {
        const rows = counts[code] as number;
        if (rows > 0) take(texts[code] as string, rows);
      }
      counts.fill(0);
    },
    profile() {
      const { name, role, kind } = plan;
      return {
        name,
        role,
        kind,
        count,
        missing,
        invalid: 0,
        infinite: 0,
        outOfRange: 0,
        unseen,
        moments: null,
        quantiles: null,
        bins: bins === null ? null : bins.slice(),
        frequent: copyFrequentItems(frequent),
        distinct: copyDistinctSketch(distinct),
      };
    },
  };
}

function enlarge(counts: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.max(length, 2 * counts.length));
  larger.set(counts);
  return larger;
}
