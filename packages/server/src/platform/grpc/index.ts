export { listenGrpc, type GrpcListener, type GrpcOptions } from "./listen-grpc.ts";
export { toFrame } from "./message-reader.ts";
export type {
  Frame,
  GrpcCall,
  GrpcServices,
  GrpcStreamCall,
  StreamHandler,
  StreamMethod,
  UnaryMethod,
} from "./methods.ts";
export { grpcStatus, type GrpcFailure, type GrpcStatus } from "./status.ts";
