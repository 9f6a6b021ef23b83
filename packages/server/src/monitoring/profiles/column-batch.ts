/** Rows as columns, in the order of a plan: what a builder takes. */
export interface ColumnBatch {
  /** By place in the plan; of a column of numbers. NaN is missing. */
  readonly numbers: readonly (Float64Array | null)[];
  /** Of a column of categories: the places of its texts in `texts`, or `missingCode`, `absentCode`. */
  readonly codes: readonly (Int32Array | null)[];
  readonly texts: readonly (readonly string[] | null)[];
}

export const missingCode = -1;
/** The row has no such column. */
export const absentCode = -2;
/** The same of numbers: the lowest double, which stands for no value that anybody measures. */
export const absentNumber = -Number.MAX_VALUE;
