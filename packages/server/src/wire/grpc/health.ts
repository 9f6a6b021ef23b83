import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import type { GrpcCall, GrpcStreamCall, StreamHandler } from "../../platform/grpc/index.ts";
import type { ServedModels } from "../served-models.ts";
import type { Admit } from "./admit.ts";
import { decodeMessage, encodeMessage } from "./messages.ts";
import type { PlainMethod } from "./model-methods.ts";

export interface HealthDeps {
  readonly models: ServedModels;
  readonly admit: Admit;
  readonly clock: Clock;
  ready(): boolean;
}

type Status = "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

const watchMs = 500;
/** Names that mean the server as a whole. */
const whole: ReadonlySet<unknown> = new Set([undefined, "", "inference.GRPCInferenceService", "grpc.health.v1.Health"]);

async function findStatus({ models, ready }: HealthDeps, service: unknown): Promise<Status> {
  if (!ready()) return "NOT_SERVING";
  if (whole.has(service)) return "SERVING";
  try {
    return (await models.isReady({ model: service as string })) ? "SERVING" : "NOT_SERVING";
  } catch (error) {
    if (SlipwayError.is(error) && (error.kind === "not_found" || error.kind === "invalid")) return "SERVICE_UNKNOWN";
    throw error;
  }
}

/** How it is with the server anybody may ask; how it is with a model, by its name, those who may call it. */
async function admitTo({ admit }: HealthDeps, call: GrpcCall, service: unknown): Promise<void> {
  if (!whole.has(service)) await admit("infer", call);
}

export function createHealthCheck(deps: HealthDeps): PlainMethod {
  return {
    scope: "public",
    async answer({ service }, call) {
      await admitTo(deps, call, service);
      const status = await findStatus(deps, service);
      if (status !== "SERVICE_UNKNOWN") return { status };
      throw new SlipwayError("not_found", `There is no model ${JSON.stringify(service)}.`);
    },
  };
}

/** Tells the status now, and again whenever it changes. */
export function watchHealth(deps: HealthDeps, call: GrpcStreamCall): StreamHandler {
  let last: Status | null = null;
  let stop = () => {};
  let draining = false;
  const tell = (status: Status) => {
    if (status !== last) call.send(encodeMessage("grpc.health.v1.HealthCheckResponse", { status }));
    last = status;
  };
  const fail = (error: unknown) => {
    stop();
    call.finish(error);
  };
  const look = async (service: unknown) => {
    const status = await findStatus(deps, service);
    if (!draining) tell(status);
  };
  async function start(service: unknown): Promise<void> {
    await admitTo(deps, call, service);
    await look(service);
    stop();
    stop = deps.clock.every(watchMs, () => void look(service).catch(fail));
    call.onGone(() => stop());
  }
  return {
    message: (bytes) => void start(decodeMessage("grpc.health.v1.HealthCheckRequest", bytes)["service"]).catch(fail),
    end: () => {},
    drain() {
      draining = true;
      stop();
      tell("NOT_SERVING");
      call.finish(new SlipwayError("shutting_down", "The server is shutting down."));
    },
    onRoom: () => {},
  };
}
