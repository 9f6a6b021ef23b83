export { parseGrpcRequest, type GrpcRequest } from "./grpc-request.ts";
export { renderGrpcResponse, spareBytes, type GrpcMessage } from "./grpc-response.ts";
export { toGrpcTensors } from "./grpc-tensors.ts";
