import { makeUpInputs, sliceRows, type Signature, type Tensor } from "@slipway/runtime";

/** How many rows a model is tried with. */
export const triedRows = 3;

/** Requests of one row each that nobody sent. */
export function makeUpRows(signature: Signature): (readonly Tensor[])[] {
  const all = makeUpInputs(signature, triedRows);
  if (!signature.batched) return [makeUpInputs(signature, 1)];
  return Array.from({ length: triedRows }, (_, row) => all.map((tensor) => sliceRows(tensor, row, row + 1)));
}
