import { concatRows, sliceRows, type InferenceRecord, type Tensor } from "@slipway/runtime";

/** A request as it is run again: what an erase has left of it. */
export interface KeptRequest {
  readonly record: InferenceRecord;
  /** The numbers that its rows have on record. */
  readonly rows: readonly number[];
  readonly erased: number;
}

/** The rows of a request that were not erased: the values of the others are zeros, on which a model may fail. */
export function withoutErased(record: InferenceRecord): KeptRequest {
  const all = Array.from({ length: record.rows }, (_, row) => row);
  if (record.erasedRows === undefined || record.erasedRows.length === 0) return { record, rows: all, erased: 0 };
  const gone = new Set(record.erasedRows);
  const rows = all.filter((row) => !gone.has(row));
  const keep = (tensor: Tensor) =>
    tensor.shape[0] === record.rows && rows.length > 0
      ? concatRows(rows.map((row) => sliceRows(tensor, row, row + 1)))
      : tensor;
  const kept = {
    ...record,
    rows: rows.length,
    inputs: record.inputs.map(keep),
    outputs: record.outputs.map(keep),
    ...(record.extra ? { extra: rows.map((row) => record.extra![row] ?? null) } : {}),
  };
  return { record: kept, rows, erased: gone.size };
}
