import { Server, ServerCredentials } from "@grpc/grpc-js";

/**
 * The peer of the benchmark of gRPC: the server of grpc-js, which gives each ModelInfer the same answer of 120 bytes and reads and writes
 * no protobuf: what that stack costs by itself.
 */
const answer = Buffer.alloc(120, 1);
const method = {
  path: "/inference.GRPCInferenceService/ModelInfer",
  requestStream: false,
  responseStream: false,
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
  responseDeserialize: (bytes: Buffer) => bytes,
} as const;
const server = new Server();
server.addService(
  { ModelInfer: method },
  { ModelInfer: (_call: unknown, done: (error: null, bytes: Buffer) => void) => done(null, answer) },
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`gRPC echo is ready at http://127.0.0.1:${port}\n`);
});
process.once("SIGTERM", () => server.forceShutdown());
