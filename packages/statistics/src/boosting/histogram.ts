/** Binned training rows: one byte a row and feature; where each feature's bins begin in a histogram. */
export interface BinnedRows {
  readonly bins: readonly Uint8Array[];
  /** Bins of values per feature; the one after them holds what is missing. */
  readonly sizes: readonly number[];
  /** Whether the order of the bins means nothing. */
  readonly isCategory: readonly boolean[];
  /** First cell of each feature; a cell is three numbers. */
  readonly offsets: readonly number[];
  readonly cells: number;
}

/** Per cell: sum of gradients, sum of hessians, rows. */
export type Histogram = Float64Array;

/** Gradients and hessians of the loss, in the order of the rows. */
export interface Slopes {
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/** A stretch of the permuted rows. */
export interface RowRange {
  readonly rows: Uint32Array;
  readonly start: number;
  readonly end: number;
}

export function toBinnedRows(
  bins: readonly Uint8Array[],
  sizes: readonly number[],
  isCategory: readonly boolean[],
): BinnedRows {
  let cells = 0;
  const offsets = sizes.map((size) => {
    const offset = cells;
    cells += size + 1;
    return offset;
  });
  return { bins, sizes, isCategory, offsets, cells };
}

/** Sums per feature and bin over a stretch of rows. `into` is emptied first. */
export function fillHistogram(
  into: Histogram,
  binned: BinnedRows,
  range: RowRange & { readonly slopes: Slopes },
): void {
  const { rows, start, end, slopes } = range;
  const count = end - start;
  const gradient = new Float64Array(count);
  const hessian = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    gradient[i] = slopes.gradient[rows[start + i]!]!;
    hessian[i] = slopes.hessian[rows[start + i]!]!;
  }
  into.fill(0);
  for (const [feature, column] of binned.bins.entries()) {
    addColumn(into.subarray(3 * binned.offsets[feature]!), column, {
      rows: rows.subarray(start, end),
      gradient,
      hessian,
    });
  }
}

function addColumn(
  cells: Histogram,
  column: Uint8Array,
  { rows, gradient, hessian }: { rows: Uint32Array; gradient: Float64Array; hessian: Float64Array },
): void {
  const count = rows.length;
  for (let i = 0; i < count; i++) {
    const cell = 3 * column[rows[i]!]!;
    cells[cell]! += gradient[i]!;
    cells[cell + 1]! += hessian[i]!;
    cells[cell + 2]!++;
  }
}

/** Makes the parent's histogram that of the other child. */
export function subtractHistogram(parent: Histogram, child: Histogram): void {
  for (let i = 0; i < parent.length; i++) parent[i]! -= child[i]!;
}
