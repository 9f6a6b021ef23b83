import type { Replica } from "../runtime.ts";
import type { InputSpec, Signature } from "../signature.ts";
import type { Tensor } from "../tensor.ts";
import { madeUpRows, makeInputs } from "./probe/made-up-inputs.ts";

const rounds = 3;

/**
 * Runs a replica on made-up rows, so that no caller waits for what the first runs of a session allocate. A model that
 * refuses made-up values is left as it is.
 */
export async function warmUp(replica: Replica, signature: Signature): Promise<void> {
  const made = makeUpInputs(signature, 1);
  try {
    for (let round = 0; round < rounds; round++) await replica.run(made);
  } catch {
    // The caller's own values may well do; a warm-up proves nothing either way.
  }
}

/** The model's own tensors for so many rows that nobody sent, with values from the ranges where there are some. */
export function makeUpInputs(signature: Signature, rows: number): Tensor[] {
  const { inputs, packed } = signature;
  const specs: readonly InputSpec[] = packed
    ? [{ name: packed.tensor, datatype: packed.datatype, shape: [-1, inputs.length], nullable: false }]
    : inputs;
  const ranges = Object.fromEntries(inputs.flatMap(({ name, range }) => (range ? [[name, range] as const] : [])));
  const kinds = Array.from({ length: rows }, (_, row) => madeUpRows[row % madeUpRows.length]!);
  return makeInputs(specs, kinds, { ranges, columnRanges: inputs.map(({ range }) => range ?? null) });
}
