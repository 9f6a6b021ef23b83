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
export { datatypeCodes, elementBytes } from "./scan/element-bytes.ts";
export { createLogSource, type LogBytes, type LogSource, type Take } from "./scan/log-source.ts";
export {
  createFieldReader,
  createRecordFields,
  readErasedRows,
  type ReadFields,
  type RecordFields,
  type Route,
  type Span,
} from "./scan/record-fields.ts";
export { createTensorPlaces, readTensorPlaces, type TensorHead, type TensorPlaces } from "./scan/tensor-places.ts";
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
