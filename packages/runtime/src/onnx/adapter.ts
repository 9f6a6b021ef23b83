import type { Signature } from "../signature.ts";

/**
 * How the tensors of a model in another format become those of the ONNX file that it was translated to, and back.
 * JSON-safe: it is stored with the version.
 */
export interface OnnxAdapter {
  readonly version: 1;
  /** What the ONNX file itself takes and gives; never packed. */
  readonly inner: Signature;
  /** One for each input of the file, in its order. */
  readonly inputs: readonly AdaptedInput[];
  /** One for each output that callers see, in the order of their signature. */
  readonly outputs: readonly AdaptedOutput[];
  /** The text by which the file knows that a text is missing. Null: no column of text may lack a value. */
  readonly missingText: string | null;
  /** By the name of the caller's input. Left out: the original takes every value. */
  readonly refused: Readonly<Record<string, RefusedValues>>;
}

export interface AdaptedInput {
  /** Which inputs of the caller, by their place in the signature, are its columns. */
  readonly columns: readonly number[];
}

export interface AdaptedOutput {
  /** The file's own name of it. */
  readonly from: string;
  /** Only this column of a matrix. Left out: all of it. */
  readonly column?: number;
}

/** What the original answers with an error, and a file of ONNX would answer with something. */
export interface RefusedValues {
  /** A missing number or text. */
  readonly missing?: true;
  readonly infinite?: true;
  /** Finite numbers beyond these, which are taken. */
  readonly limits?: readonly [least: number, most: number];
  /** All texts and numbers but these. */
  readonly others?: readonly (string | number)[];
}
