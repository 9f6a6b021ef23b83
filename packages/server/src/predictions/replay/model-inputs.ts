import { SlipwayError } from "@slipway/contract";
import {
  packColumns,
  recordsToTensors,
  resolveInputs,
  unpackColumns,
  type InferenceRecord,
  type ResolvedInputs,
  type Signature,
} from "@slipway/runtime";
import { renderRow } from "../render.ts";
import type { Refusal } from "./reasons.ts";

export interface ReplayedInputs extends ResolvedInputs {
  /** Inputs on record that the version does not take. */
  readonly ignored: readonly string[];
  /** Inputs of the version that are in none of the rows, and that may be missing. */
  readonly empty: readonly string[];
}

/** What the version that answered was run on, bit for bit, whether the caller sent columns, records or the matrix. */
export function toOwnInputs(signature: Signature, record: InferenceRecord): ReplayedInputs | Refusal {
  try {
    return { ...resolveInputs(signature, record.inputs), ignored: [], empty: [] };
  } catch (error) {
    if (SlipwayError.is(error)) return { reason: "inputs_refused", message: error.message };
    throw error;
  }
}

/**
 * The inputs of another version, as if the caller had sent the same fields to it: inputs by their names, and fields that
 * were no inputs then. `recorded` is the signature of the version that answered, which names the columns of a matrix.
 */
export function toOtherInputs(
  { target, recorded }: { readonly target: Signature; readonly recorded: Signature | null },
  record: InferenceRecord,
): ReplayedInputs | Refusal {
  const wanted = new Set(target.inputs.map((input) => input.name));
  try {
    const inputs = recorded === null ? record.inputs : unpackColumns(recorded, record.inputs);
    const rows = Array.from({ length: record.rows }, (_, row) => {
      const fields = { ...record.extra?.[row], ...renderRow(inputs, { rows: record.rows, row }) };
      return Object.fromEntries(Object.entries(fields).filter(([name]) => wanted.has(name)));
    });
    const absent = target.inputs.filter(({ name }) => !rows.some((fields) => Object.hasOwn(fields, name)));
    const missing = absent.filter((input) => !input.nullable).map((input) => input.name);
    if (missing.length > 0)
      return {
        reason: "inputs_missing",
        message: `The record has no ${missing.join(", ")}, which this version needs.`,
      };
    const { tensors } = recordsToTensors(target, rows, { extraFields: noFields });
    return {
      tensors: packColumns(target, tensors),
      rows: rows.length,
      ignored: inputs.map((tensor) => tensor.name).filter((name) => !wanted.has(name)),
      empty: absent.map((input) => input.name),
    };
  } catch (error) {
    if (SlipwayError.is(error)) return { reason: "inputs_refused", message: error.message };
    // A missing value in a column that holds whole numbers has no form there.
    if (error instanceof RangeError) return { reason: "inputs_refused", message: error.message };
    throw error;
  }
}

const noFields: ReadonlySet<string> = new Set();
