import type { Tensor } from "./tensor.ts";

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
