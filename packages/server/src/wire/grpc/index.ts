import type { Access } from "../../access/index.ts";
import type { Endpoints } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { GrpcServices, StreamHandler, StreamMethod, UnaryMethod } from "../../platform/grpc/index.ts";
import type { GrpcStreamCall } from "../../platform/grpc/index.ts";
import type { ServedModels } from "../served-models.ts";
import { createAdmit } from "./admit.ts";
import { toFailure } from "./failure.ts";
import { createHealthCheck, watchHealth } from "./health.ts";
import { decodeMessage, encodeMessage } from "./messages.ts";
import { modelInfer } from "./model-infer.ts";
import { createModelMethods, type PlainMethod } from "./model-methods.ts";
import { modelStreamInfer } from "./model-stream-infer.ts";
import { reflect } from "./reflection.ts";

export interface GrpcServicesDeps {
  readonly version: string;
  readonly endpoints: Endpoints;
  readonly models: ServedModels;
  /** Null on a server that needs no tokens. */
  readonly access: Access | null;
  readonly clock: Clock;
  readonly logger: Logger;
  ready(): boolean;
}

const inference = "inference.GRPCInferenceService";

/** The Open Inference Protocol over gRPC with what KServe and Triton add to it, health and reflection. */
export function createGrpcServices(deps: GrpcServicesDeps): GrpcServices {
  const { endpoints, logger } = deps;
  const { infer, repository } = endpoints;
  const admit = createAdmit(deps.access);
  const methods = new Map<string, UnaryMethod | StreamMethod>();

  const plain = (path: string, { request, response }: Messages, { scope, answer }: PlainMethod) =>
    methods.set(path, {
      kind: "unary",
      admit: (call) => (scope === "public" ? undefined : admit(scope, call)),
      answer: async (call, message) => encodeMessage(response, await answer(decodeMessage(request, message), call)),
    });
  const stream = (path: string, scope: "public" | "infer", open: (call: GrpcStreamCall) => StreamHandler) =>
    methods.set(path, {
      kind: "stream",
      admit: (call) => (scope === "public" ? undefined : admit(scope, call)),
      open,
    });

  methods.set(`/${inference}/ModelInfer`, {
    kind: "unary",
    admit: (call) => admit("infer", call),
    answer: (call, message) => modelInfer(infer, call, message),
  });
  stream(`/${inference}/ModelStreamInfer`, "infer", (call) => modelStreamInfer({ infer, admit, logger }, call));
  for (const [name, method] of Object.entries(createModelMethods({ ...deps, repository })))
    plain(`/${inference}/${name}`, messagesOf("inference", name), method);
  const health = { ...deps, admit };
  plain("/grpc.health.v1.Health/Check", messagesOf("grpc.health.v1", "HealthCheck"), createHealthCheck(health));
  stream("/grpc.health.v1.Health/Watch", "public", (call) => watchHealth(health, call));
  for (const scope of ["grpc.reflection.v1", "grpc.reflection.v1alpha"])
    stream(`/${scope}.ServerReflection/ServerReflectionInfo`, "public", (call) => reflect(scope, call));
  return { methods, toFailure: (thrown) => toFailure(thrown, logger) };
}

interface Messages {
  readonly request: string;
  readonly response: string;
}

function messagesOf(scope: string, name: string): Messages {
  return { request: `${scope}.${name}Request`, response: `${scope}.${name}Response` };
}
