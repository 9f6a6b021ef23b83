// What a reader of the prediction log needs and no model: `@slipway/runtime/log`.
export { shortestFloat32 } from "../codec/shortest-float.ts";
export { fromHalfBits } from "../datatype.ts";
export { isMissingText, type Tensor } from "../tensor.ts";
export * from "./decode.ts";
export { type SegmentErasure, besideSegment, eraseFromSegment } from "./erase-segment.ts";
export * from "./format.ts";
export * from "./frames.ts";
export * from "./peek.ts";
export * from "./reader.ts";
export { type Recovery, isClosed, recoverInstance } from "./recover.ts";
export * from "./record.ts";
export { type Sink, createSink } from "./sink.ts";
export { type RowSet, createRowSetBuilder, decodeRowSet, encodeRowSet } from "./row-set.ts";
export {
  type Done,
  type Durability,
  type LogCounters,
  type LogWriter,
  type LogWriterOptions,
  createLogWriter,
} from "./writer.ts";
