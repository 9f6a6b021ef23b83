import { datatypeCodes, fromHalfBits, type LogBytes } from "@slipway/runtime/log";

/** Numbers of a tensor: its element `first`, then every `step`-th. */
export interface NumbersAt {
  datatype: number;
  /** Where the values of the tensor begin. */
  from: number;
  first: number;
  step: number;
  count: number;
}

/** Writes them to `target` from `base` on. 64-bit integers lose what a double cannot hold. */
export function readNumbers(
  { view }: LogBytes,
  at: NumbersAt,
  { target, base }: { target: Float64Array; base: number },
): void {
  const { datatype, from, first, step, count } = at;
  switch (datatype) {
    case datatypeCodes.FP32:
      for (let i = 0; i < count; i++) target[base + i] = view.getFloat32(from + 4 * (first + i * step), true);
      return;
    case datatypeCodes.FP64:
      for (let i = 0; i < count; i++) target[base + i] = view.getFloat64(from + 8 * (first + i * step), true);
      return;
    case datatypeCodes.INT64:
      for (let i = 0; i < count; i++) target[base + i] = readInt64(view, from + 8 * (first + i * step));
      return;
    case datatypeCodes.INT32:
      for (let i = 0; i < count; i++) target[base + i] = view.getInt32(from + 4 * (first + i * step), true);
      return;
    default:
      for (let i = 0; i < count; i++) target[base + i] = readNumber(view, datatype, { from, index: first + i * step });
  }
}

function readInt64(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
}

/** Of the types that few tensors have. */
function readNumber(view: DataView, datatype: number, { from, index }: { from: number; index: number }): number {
  switch (datatype) {
    case datatypeCodes.UINT64:
      return view.getUint32(from + 8 * index + 4, true) * 0x1_0000_0000 + view.getUint32(from + 8 * index, true);
    case datatypeCodes.FP16:
      return fromHalfBits(view.getUint16(from + 2 * index, true));
    case datatypeCodes.UINT32:
      return view.getUint32(from + 4 * index, true);
    case datatypeCodes.INT16:
      return view.getInt16(from + 2 * index, true);
    case datatypeCodes.UINT16:
      return view.getUint16(from + 2 * index, true);
    case datatypeCodes.INT8:
      return view.getInt8(from + index);
    default:
      return view.getUint8(from + index);
  }
}
