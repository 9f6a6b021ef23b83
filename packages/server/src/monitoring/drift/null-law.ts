import type { BlockMoments } from "./calibration.ts";
import type { Cumulants } from "./cumulants.ts";
import type { Shift } from "./quadratic-form.ts";

/** A column's reference, as far as the null needs it. */
export interface NullOf {
  readonly traces: readonly [number, number, number];
  readonly chance: number;
  readonly rows: number;
}

/** What the difference of shares is multiplied with: rows of the window and of the reference put in parallel. */
export function effectiveRows(rows: number, referenceRows: number): number {
  return (rows * referenceRows) / (rows + referenceRows);
}

/** Of the statistic in a window of `rows` rows that are drawn from the reference one by one. */
export function independentCumulants(law: NullOf, rows: number): Cumulants {
  const size = effectiveRows(rows, law.rows);
  const [first, second, third] = law.traces;
  return [first, 2 * second + law.chance * size * size * (1 / rows ** 3 + 1 / law.rows ** 3), 8 * third];
}

/** Of a window that lies off the reference by a shift of its own. */
export function shiftedCumulants(base: Cumulants, size: number, [m, g, h]: Shift): Cumulants {
  return [base[0] + size * m, base[1] + 4 * size * g, base[2] + 24 * size * h];
}

/** Of a window whose shift is one of many: the law of total cumulance over the blocks. */
export function mixedCumulants(base: Cumulants, size: number, between: BlockMoments): Cumulants {
  const [mean, variance, third] = between.m;
  return [
    base[0] + size * mean,
    base[1] + 4 * size * between.g + size * size * variance,
    base[2] + 24 * size * between.h + 3 * 4 * size * size * between.mg + size ** 3 * third,
  ];
}

/** Moments of the blocks' shifts, of all or (`without`) of all but one. */
export function createMoments(shifts: readonly Shift[]): (without?: number) => BlockMoments {
  const sums = [0, 0, 0, 0, 0, 0];
  const terms = ([m, g, h]: Shift) => [m, m * m, m * m * m, g, m * g, h];
  for (const shift of shifts) for (const [i, term] of terms(shift).entries()) sums[i]! += term;
  return (without) => {
    const left = without === undefined ? [0, 0, 0, 0, 0, 0] : terms(shifts[without]!);
    const count = shifts.length - (without === undefined ? 0 : 1);
    const [m, mm, mmm, g, mg, h] = sums.map((value, i) => (value - left[i]!) / count) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const correction = count / Math.max(1, count - 1);
    return {
      m: [m, Math.max(0, mm - m * m) * correction, mmm - 3 * m * mm + 2 * m ** 3],
      g,
      mg: mg - m * g,
      h,
    };
  };
}
