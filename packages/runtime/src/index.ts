export * from "./batcher.ts";
export * from "./codec/binary.ts";
export { friendlyName } from "./codec/elements.ts";
export * from "./codec/json-body.ts";
export * from "./codec/oip-request.ts";
export * from "./codec/oip-response.ts";
export * from "./codec/predictions.ts";
export * from "./codec/records.ts";
export * from "./codec/shortest-float.ts";
export * from "./datatype.ts";
export * from "./pack.ts";
export * from "./runtime.ts";
export * from "./signature.ts";
export * from "./tensor.ts";
export { validateInput } from "./validate.ts";
export * from "./onnx/probe/module.ts";
export * from "./onnx/probe/placement.ts";
export type * from "./onnx/probe/report.ts";
export * from "./onnx/thread-runtime.ts";
export * from "./onnx/warm-up.ts";
export * from "./onnx/worker-runtime.ts";
export * from "./log/decode.ts";
export * from "./log/format.ts";
export * from "./log/frames.ts";
export * from "./log/peek.ts";
export * from "./log/reader.ts";
export { type Recovery, isClosed, recoverInstance } from "./log/recover.ts";
export * from "./log/record.ts";
export {
  type Done,
  type Durability,
  type LogCounters,
  type LogWriter,
  type LogWriterOptions,
  createLogWriter,
} from "./log/writer.ts";
