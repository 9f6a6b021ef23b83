import { countInBins, sturgesEdges } from "../distances/histogram.ts";
import type { EvidentlyColumn } from "./column.ts";

/**
 * The shares that Evidently compares (`get_binned_data`): of numbers with more than 20 values in the reference over Sturges' bins of
 * both samples together, else of each value.
 * @param fillZeros empty bins get 0.0001, or a millionth of the smallest share where that is not larger; shares then add up to
 * more than 1, as Evidently's do
 */
export function binnedShares(
  column: EvidentlyColumn,
  fillZeros: boolean,
): readonly [reference: Float64Array, current: Float64Array] {
  const shares = [...rawShares(column)] as [Float64Array, Float64Array];
  if (fillZeros) for (const side of shares) fill(side);
  return shares;
}

function rawShares(column: EvidentlyColumn): readonly [Float64Array, Float64Array] {
  const share = (counts: Float64Array, n: number) => counts.map((count) => count / n);
  const sizes = [column.reference.length, column.current.length] as const;
  if (column.kind === "number" && column.distinctInReference > 20) {
    const edges = sturgesEdges(pooledRange(column), sizes[0] + sizes[1]);
    return [share(countInBins(column.reference, edges), sizes[0]), share(countInBins(column.current, edges), sizes[1])];
  }
  const { reference, current } = column.levels();
  return [share(reference, sizes[0]), share(current, sizes[1])];
}

export function pooledRange(column: {
  readonly sortedReference: Float64Array;
  readonly sortedCurrent: Float64Array;
}): readonly [min: number, max: number] {
  const { sortedReference, sortedCurrent } = column;
  return [Math.min(sortedReference[0]!, sortedCurrent[0]!), Math.max(sortedReference.at(-1)!, sortedCurrent.at(-1)!)];
}

function fill(shares: Float64Array): void {
  const smallest = shares.reduce((least, share) => (share > 0 && share < least ? share : least), 1);
  const filling = smallest <= 0.0001 ? smallest / 1e6 : 0.0001;
  for (let i = 0; i < shares.length; i++) if (shares[i] === 0) shares[i] = filling;
}
