export * from "./batching/index.ts";
export * from "./codec/binary.ts";
export {
  createRules,
  describe as describeValue,
  explainElement,
  friendlyName,
  writeElements,
} from "./codec/elements.ts";
export * from "./codec/grpc/index.ts";
export * from "./codec/json-body.ts";
export * from "./codec/oip-outputs.ts";
export { takesRawBytes } from "./codec/oip-raw.ts";
export * from "./codec/oip-request.ts";
export * from "./codec/oip-response.ts";
export { parseHeaderLength } from "./codec/oip-tail.ts";
export * from "./codec/predictions.ts";
export * from "./codec/records.ts";
export * from "./codec/scoring/scoring-answer.ts";
export * from "./codec/scoring/scoring-request.ts";
export * from "./codec/v1/v1-answer.ts";
export * from "./codec/v1/v1-request.ts";
export * from "./datatype.ts";
export * from "./oip/model-config.ts";
export * from "./oip/model-metadata.ts";
export * from "./oip/model-statistics.ts";
export * from "./pack.ts";
export * from "./program.ts";
export * from "./parity/index.ts";
export * from "./protobuf/proto-reader.ts";
export * from "./protobuf/proto-writer.ts";
export * from "./run-errors.ts";
export * from "./runtime.ts";
export * from "./signature.ts";
export * from "./tensor.ts";
export * from "./try-replica.ts";
export { validateInput } from "./validate.ts";
export * from "./movable.ts";
export * from "./onnx/adapt-runtime.ts";
export type * from "./onnx/adapter.ts";
export * from "./onnx/model-command.ts";
export * from "./onnx/probe/module.ts";
export * from "./onnx/probe/placement.ts";
export type * from "./onnx/probe/report.ts";
export * from "./onnx/thread-runtime.ts";
export * from "./onnx/warm-up.ts";
export * from "./onnx/worker-runtime.ts";
export * from "./oip-server/index.ts";
export * from "./process/describe-model.ts";
export * from "./process/guarded-process.ts";
export type { ModelLine } from "./process/model-process.ts";
export * from "./process/process-runtime.ts";
export * from "./process/python-command.ts";
export type { RemoteOptions } from "./remote/remote-replica.ts";
export type { RemoteModel } from "./remote/setup.ts";
export * from "./log/index.ts";
