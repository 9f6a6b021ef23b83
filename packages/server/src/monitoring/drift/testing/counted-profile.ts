import { addToMoments, createMoments, createQuantileSketch, type Moments } from "@slipway/statistics";
import {
  binCount,
  createProfilePlan,
  findBin,
  type ColumnPlan,
  type ColumnProfile,
  type Profile,
  type ProfilePlan,
} from "../../profiles/index.ts";
import { findEdges } from "../../reference/plan-of.ts";
import type { DriftSettings } from "../../settings.ts";

export const driftSettings: DriftSettings = {
  alpha: 0.05,
  effect: null,
  minRows: 50,
  k: 2,
  m: 3,
  ignore: [],
  multivariate: true,
};

/** Numbers, or numbers of categories. */
export interface TestColumn {
  readonly kind: ColumnPlan["kind"];
  readonly values: Float64Array;
}

/** A plan as a reference makes it, of columns `c0`, `c1`, ... */
export function planOf(columns: readonly TestColumn[]): ProfilePlan {
  return createProfilePlan(
    columns.map(({ kind, values }, i) => ({
      name: `c${i}`,
      role: "input",
      kind,
      edges: kind === "number" ? findEdges(values.toSorted()) : null,
      categories: kind === "number" ? null : [...new Set(values)].toSorted((a, b) => a - b).map(String),
      range: null,
      nullable: true,
    })),
  );
}

/** Bins and moments only, without the sketches: a profile that is made in no time. */
export function toCountedProfile(plan: ProfilePlan, columns: readonly TestColumn[]): Profile {
  return toProfile(
    plan,
    plan.columns.map((column, i) => {
      const { values } = columns[i]!;
      const bins = new Float64Array(binCount(column)!);
      const places = new Map(column.categories?.map((text, place) => [Number(text), place]));
      for (const value of values)
        bins[column.edges === null ? (places.get(value) ?? places.size) : findBin(column.edges, value)]!++;
      const moments = createMoments();
      if (column.kind === "number") addToMoments(moments, values);
      return { bins, moments };
    }),
  );
}

export function toProfile(
  plan: ProfilePlan,
  columns: readonly { readonly bins: Float64Array; readonly moments: Moments }[],
): Profile {
  const counted = plan.columns.map(({ name, role, kind }, i): ColumnProfile => {
    const { bins, moments } = columns[i]!;
    const count = bins.reduce((sum, each) => sum + each, 0);
    return {
      name,
      role,
      kind,
      count,
      missing: 0,
      invalid: 0,
      infinite: 0,
      outOfRange: 0,
      unseen: kind === "number" ? 0 : bins.at(-1)!,
      moments: kind === "number" ? moments : null,
      quantiles: null,
      bins,
      frequent: null,
      distinct: null,
    };
  });
  return {
    planId: plan.id,
    rows: Math.max(...counted.map(({ count }) => count)),
    requests: 0,
    errors: 0,
    fallbacks: 0,
    errorCodes: new Map(),
    latency: createQuantileSketch(),
    columns: counted,
  };
}
