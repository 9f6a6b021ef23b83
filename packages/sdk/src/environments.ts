import type {
  NewEnvironmentPrune,
  NewEnvironmentRebuild,
  NewEnvironmentVerification,
  Operation,
  PythonEnvironment,
} from "@slipway/contract";
import { iteratePages, type Page, type PageOptions } from "./pages.ts";
import type { CallOptions, Transport } from "./transport.ts";

export interface EnvironmentsClient {
  /** Newest first. */
  list(options?: PageOptions & CallOptions): Promise<Page<PythonEnvironment>>;
  all(options?: PageOptions & CallOptions): AsyncGenerator<PythonEnvironment, void, undefined>;
  /** The operation that comes back has an `EnvironmentVerifyResult` in the end. */
  verify(request?: NewEnvironmentVerification, options?: CallOptions): Promise<Operation>;
  /** The operation that comes back has an `EnvironmentPruneResult` in the end. */
  prune(request?: NewEnvironmentPrune, options?: CallOptions): Promise<Operation>;
  /** Makes it anew from its lock; `hash` may be the beginning of it. */
  rebuild(hash: string, request?: NewEnvironmentRebuild, options?: CallOptions): Promise<Operation>;
}

export function createEnvironments(transport: Transport): EnvironmentsClient {
  const path = "/api/v1/environments";
  const list: EnvironmentsClient["list"] = ({ limit, cursor, ...options } = {}) =>
    transport.call({ method: "GET", path, query: { limit, cursor }, ...options });
  const post = (name: string, json: object, options: CallOptions = {}): Promise<Operation> =>
    transport.call({ method: "POST", path: `${path}/${name}`, json, ...options });
  return {
    list,
    all: (options = {}) => iteratePages((cursor) => list({ ...options, cursor: cursor ?? options.cursor })),
    verify: (request = {}, options) => post("verify", request, options),
    prune: (request = {}, options) => post("prune", request, options),
    rebuild: (hash, request = {}, options) => post(`${encodeURIComponent(hash)}/rebuild`, request, options),
  };
}
