/** What a detector says of the stream so far. After `drift` it starts anew with the next value. */
export type Change = "none" | "warning" | "drift";

/** A detector that sees one value at a time and keeps a bounded state. */
export interface ChangeDetector {
  update(value: number): Change;
}
