import {
  parseGrpcRequest,
  parseRequestedOutputs,
  parseTimeout,
  renderGrpcResponse,
  requireOutputs,
  resolveInputs,
  selectOutputs,
  toGrpcTensors,
  type GrpcMessage,
  type GrpcRequest,
  type Signature,
} from "@slipway/runtime";
import type { Answered, Infer, InferAnswer, ParsedRequest } from "../../endpoints/index.ts";
import type { GrpcCall } from "../../platform/grpc/index.ts";
import { parseVersion } from "../served-models.ts";

type Requested = ReturnType<typeof parseRequestedOutputs>;

/** What ModelInfer and each message of ModelStreamInfer share. `parameters` adds to those of the answer. */
export function inferMessage(
  infer: Infer,
  call: GrpcCall,
  { message, request, parameters }: InferMessage,
): Promise<InferAnswer<GrpcMessage>> {
  let wanted: Requested;
  return infer({
    endpoint: request.modelName,
    version: parseVersion(request.modelVersion),
    face: "grpc",
    parse: (signature) => {
      wanted = request.outputs.length === 0 ? undefined : parseRequestedOutputs(request.outputs, true);
      requireOutputs(signature, wanted);
      return toParsedRequest(request, signature);
    },
    render: (answered) => render(answered, { request, wanted, parameters }),
    body: message,
    contentType: "application/grpc+proto",
    header: (name) => textHeader(call.headers[name]),
    key: textHeader(call.headers["x-slipway-key"]),
    traceparent: textHeader(call.headers["traceparent"]),
    onGone: (gone) => call.onGone(gone),
    timeoutMs: call.timeLeft(),
    user: call.user,
  });
}

export interface InferMessage {
  readonly message: Buffer;
  readonly request: GrpcRequest;
  readonly parameters: (answered: Answered) => Readonly<Record<string, string>> | null;
}

export { parseGrpcRequest };

function toParsedRequest(request: GrpcRequest, signature: Signature): ParsedRequest {
  const tensors = toGrpcTensors(request);
  const resolved = resolveInputs(signature, tensors);
  const timeoutMs = parseTimeout(request.parameters);
  return {
    tensors,
    resolved,
    ...(request.id === "" ? {} : { requestId: request.id }),
    ...(timeoutMs === null ? {} : { timeoutMs }),
  };
}

function render(
  answered: Answered,
  { request, wanted, parameters }: Omit<InferMessage, "message"> & { readonly wanted: Requested },
): GrpcMessage {
  return renderGrpcResponse({
    modelName: answered.endpoint,
    modelVersion: String(answered.version),
    id: request.id,
    parameters: parameters(answered),
    outputs: selectOutputs(answered.outputs, wanted, answered.signature.outputs),
    raw: request.raw.length > 0,
  });
}

function textHeader(value: string | string[] | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
