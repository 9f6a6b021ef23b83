/**
 * Neutral tensors: what every protocol is parsed into, what every runtime takes, what the prediction log keeps.
 * Datatypes are those of the Open Inference Protocol V2.
 */
export const datatypes = [
  "BOOL",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FP16",
  "FP32",
  "FP64",
  "BYTES",
] as const;

export type Datatype = (typeof datatypes)[number];

/**
 * Row-major elements. BOOL is 0 or 1 in a Uint8Array; FP16 is the bit pattern in a Uint16Array;
 * BYTES is one entry an element, a string where the bytes are UTF-8 text.
 */
export type NumericData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;
/**
 * A text that is missing, where the input is nullable: the single byte 0xFF, which no UTF-8 text is. In numbers it is NaN.
 */
export const missingText: Uint8Array = Uint8Array.of(0xff);

export function isMissingText(element: unknown): boolean {
  return element instanceof Uint8Array && element.length === 1 && element[0] === 0xff;
}

export type BytesData = readonly (string | Uint8Array)[];
export type TensorData = NumericData | BytesData;

export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  /** Every dimension, the batch first where there is one. The product is the number of elements. */
  readonly shape: readonly number[];
  readonly data: TensorData;
}
