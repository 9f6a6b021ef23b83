import type { NewGc, NewReplay, Operation } from "@slipway/contract";
import type { CallOptions, Transport } from "./transport.ts";

export interface ReplaysClient {
  /** Runs predictions on record again and compares; the operation that comes back has a `ReplayResult` in the end. */
  create(request: NewReplay, options?: CallOptions): Promise<Operation>;
}

export function createReplays(transport: Transport): ReplaysClient {
  return {
    create: (request, options) =>
      transport.call({ method: "POST", path: "/api/v1/replays", json: request, ...options }),
  };
}

/** Takes away files that nothing needs; the operation that comes back has a `GcResult` in the end. */
export function collectGarbage(transport: Transport, request: NewGc = {}, options?: CallOptions): Promise<Operation> {
  return transport.call({ method: "POST", path: "/api/v1/gc", json: request, ...options });
}
