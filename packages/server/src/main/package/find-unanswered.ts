import { isFloat, makeUpInputs, numberAt, type Replica, type Signature, type Tensor } from "@slipway/runtime";
import { SlipwayError } from "@slipway/contract";
import type { Match } from "../../packaging/index.ts";

/**
 * Inputs whose values are missing somewhere in the sample, where the model then answers NaN or fails: what comes in as NaN
 * goes through most models that were not trained with missing values. `signature` is the file's.
 */
export async function findUnanswered(
  replica: Replica,
  signature: Signature,
  match: Match,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const inMatrix = match.matrix !== null || signature.packed !== null;
  // Where made-up values fail anyway, nothing can be told.
  if (!(await answers(replica, makeUpInputs(signature, 1)))) return found;
  for (const [index, { name, column, datatype }] of match.inputs.entries()) {
    if (column === null || column.missing === 0 || !isFloat(datatype)) continue;
    const inputs = makeUpInputs(signature, 1);
    const tensor = inputs[inMatrix ? 0 : index]!;
    const data = tensor.data as Float32Array;
    const missing = tensor.datatype === "FP16" ? 0x7e00 : NaN;
    data.fill(missing, inMatrix ? index : 0, inMatrix ? index + 1 : data.length);
    if (!(await answers(replica, inputs))) found.add(name);
  }
  return found;
}

async function answers(replica: Replica, inputs: readonly Tensor[]): Promise<boolean> {
  try {
    const outputs = await replica.run(inputs);
    return outputs.every((tensor) => !isFloat(tensor.datatype) || !hasNaN(tensor));
  } catch (error) {
    if (SlipwayError.is(error)) return false;
    throw error;
  }
}

function hasNaN(tensor: Tensor): boolean {
  for (let i = 0; i < tensor.data.length; i++) if (Number.isNaN(numberAt(tensor, i))) return true;
  return false;
}
