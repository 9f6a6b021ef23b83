import { spareBytes } from "@slipway/runtime";
import type { Answered, Infer } from "../../endpoints/index.ts";
import { toFrame, type Frame, type GrpcCall } from "../../platform/grpc/index.ts";
import { inferMessage, parseGrpcRequest } from "./infer.ts";

/** Answers a ModelInfer call. */
export async function modelInfer(infer: Infer, call: GrpcCall, message: Buffer): Promise<Frame> {
  const request = parseGrpcRequest(message);
  const { id, logged, fallback, body } = await inferMessage(infer, call, { message, request, parameters });
  call.trailers["x-slipway-prediction"] = id;
  if (!logged) call.trailers["x-slipway-logged"] = "false";
  if (fallback !== null) call.trailers["x-slipway-fallback"] = "true";
  return toFrame(body.pieces, body.length, spareBytes);
}

function parameters({ fallback }: Answered): Readonly<Record<string, string>> | null {
  return fallback === null ? null : { slipway_fallback: fallback };
}
