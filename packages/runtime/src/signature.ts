import type { Datatype } from "./tensor.ts";

/**
 * What a model takes and gives. JSON-safe: it is stored with the version and hashed into nothing else.
 * `inputs` and `outputs` are what callers see; `packed` says how named columns become the one tensor of a model
 * that takes a matrix.
 */
export interface Signature {
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
  /** The model's single input is a matrix [N, columns.length]; column i of it is `inputs[i]`. Null: inputs are the model's own tensors. */
  readonly packed: { readonly tensor: string; readonly datatype: Datatype } | null;
  /** True where the first dimension of every tensor is the batch and may be any size, so rows can be batched. */
  readonly batched: boolean;
}

export interface InputSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1 is any size. With `batched`, the first dimension is the batch: [-1] and [-1, 1] both hold one value a row. */
  readonly shape: readonly number[];
  /** A missing or null value becomes NaN, or `missingText`. Only for FP16, FP32, FP64 and BYTES. */
  readonly nullable: boolean;
  /** True: where unknown columns are passed over, as in a DataFrame, a nullable input has to be there all the same. */
  readonly required?: boolean;
  /** Inclusive bounds of every element, in the unit of the column. */
  readonly range?: readonly [number, number];
  /** What a BYTES input is known to be: other texts are taken, and the model may make of them what it does with unknown ones. */
  readonly categories?: readonly string[];
  /** Of a BYTES input: ISO 8601, `2026-03-01` or `2026-03-01T12:00:00Z`. */
  readonly format?: "date-time";
}

export interface OutputSpec {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /**
   * Class names. On a floating [N, K] output: probabilities of K classes; on a floating [N] or [N, 1] output with
   * two classes: the probability of the second; on an integer output: the index of the class.
   */
  readonly classes?: readonly string[];
}
