import type { ErrorCode, ErrorDetails } from "@slipway/contract/errors";
import type { Tensor } from "../tensor.ts";

export interface WorkerSetup {
  /** Of the model file. */
  readonly path: string;
  readonly threads: number;
  /** Names of the outputs of every run, in order. */
  readonly outputs: readonly string[];
}

export type ToWorker =
  | { readonly kind: "run"; readonly id: number; readonly inputs: readonly Tensor[] }
  /** Answer what is running, then end. */
  | { readonly kind: "close" };

interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "unopened"; readonly error: PlainError }
  | { readonly kind: "outputs"; readonly id: number; readonly outputs: readonly Tensor[] }
  | { readonly kind: "failed"; readonly id: number; readonly error: PlainError };

/** The buffers of tensors that nobody else sees: they move to the other thread instead of being copied. */
export function toTransfer(tensors: readonly Tensor[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { data } of tensors)
    if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer) buffers.add(data.buffer);
  return [...buffers];
}

/**
 * Copies of exactly the elements, ready to be moved. The caller keeps its own tensors, which the prediction log still
 * reads, and which may be views of a buffer that holds a whole request.
 */
export function toMovable(tensors: readonly Tensor[]): Tensor[] {
  return tensors.map((tensor) => (ArrayBuffer.isView(tensor.data) ? { ...tensor, data: tensor.data.slice() } : tensor));
}
