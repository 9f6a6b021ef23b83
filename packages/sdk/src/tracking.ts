import type { Experiment, LifecycleView, NewRunSelection, Operation, Run } from "@slipway/contract";
import { iteratePages, type Page, type PageOptions } from "./pages.ts";
import type { CallOptions, Transport } from "./transport.ts";

/** In MLflow's words, with OR and parentheses: `metrics.loss < 0.2 AND params.lr = '0.1'`, `metrics.loss ASC`. */
export interface TrackingSearch extends PageOptions, CallOptions {
  readonly filter?: string | undefined;
  readonly orderBy?: string | undefined;
  /** What is not deleted unless given. */
  readonly view?: LifecycleView | undefined;
}

export interface ExperimentsClient {
  /** Newest first unless an order is given. */
  list(options?: TrackingSearch): Promise<Page<Experiment>>;
  all(options?: TrackingSearch): AsyncGenerator<Experiment, void, undefined>;
  /** By its id or its name. */
  get(experiment: string, options?: CallOptions): Promise<Experiment>;
}

/** `experiment`: its id or its name; all that are active unless given. */
type RunSearch = TrackingSearch & { readonly experiment?: string | undefined };

export interface RunsClient {
  /** Newest first unless an order is given. */
  list(options?: RunSearch): Promise<Page<Run>>;
  all(options?: RunSearch): AsyncGenerator<Run, void, undefined>;
  get(run: string, options?: CallOptions): Promise<Run>;
  /** Many at once, by ids or by a search; they can be restored until a gc takes them. The operation has a `RunsMoved` in the end. */
  delete(selection: NewRunSelection, options?: CallOptions): Promise<Operation>;
  restore(selection: NewRunSelection, options?: CallOptions): Promise<Operation>;
}

export function createExperiments(transport: Transport): ExperimentsClient {
  const path = "/api/v1/experiments";
  const list: ExperimentsClient["list"] = ({ limit, cursor, filter, orderBy, view, ...options } = {}) =>
    transport.call({ method: "GET", path, query: { limit, cursor, filter, order_by: orderBy, view }, ...options });
  return {
    list,
    all: (options = {}) => iteratePages((cursor) => list({ ...options, cursor: cursor ?? options.cursor })),
    get: (experiment, options) =>
      transport.call({ method: "GET", path: `${path}/${encodeURIComponent(experiment)}`, ...options }),
  };
}

export function createRuns(transport: Transport): RunsClient {
  const path = "/api/v1/runs";
  const list: RunsClient["list"] = ({ limit, cursor, filter, orderBy, view, experiment, ...options } = {}) => {
    const query = { limit, cursor, filter, order_by: orderBy, view, experiment };
    return transport.call({ method: "GET", path, query, ...options });
  };
  return {
    list,
    all: (options = {}) => iteratePages((cursor) => list({ ...options, cursor: cursor ?? options.cursor })),
    delete: (json, options) => transport.call({ method: "POST", path: `${path}/delete`, json, ...options }),
    restore: (json, options) => transport.call({ method: "POST", path: `${path}/restore`, json, ...options }),
    get: (run, options) => transport.call({ method: "GET", path: `${path}/${encodeURIComponent(run)}`, ...options }),
  };
}
