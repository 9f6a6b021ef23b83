import type { DeployRequest, Operation } from "@slipway/contract";
import { SlipwayError, errorTable, type ErrorCode } from "@slipway/contract/errors";
import { ConnectionError } from "./errors.ts";
import { iteratePages, type Page, type PageOptions } from "./pages.ts";
import { readEvents } from "./sse.ts";
import { sleep, type CallOptions, type Transport } from "./transport.ts";

export interface OperationsClient {
  /** Newest first. */
  list(options?: PageOptions & CallOptions): Promise<Page<Operation>>;
  all(options?: PageOptions & CallOptions): AsyncGenerator<Operation, void, undefined>;
  get(id: string, options?: CallOptions): Promise<Operation>;
  cancel(id: string, options?: CallOptions): Promise<Operation>;
  /**
   * Every change that is seen until the operation ends, its end included. Follows the server's events; a broken
   * stream is taken up again, and where events do not come through it polls.
   */
  watch(id: string, options?: CallOptions): AsyncGenerator<Operation, void, undefined>;
  /** Waits for success. @throws SlipwayError the operation's own error, or `cancelled` */
  wait(id: string, options?: CallOptions & { onProgress?: (operation: Operation) => void }): Promise<Operation>;
}

export interface DeploymentsClient {
  /** Starts a deployment of uploaded files, or of a `source` that the server has; follow the operation that comes back. */
  create(request: DeployRequest, options?: CallOptions): Promise<Operation>;
}

const pollMs = 250;
const patience = 5;

export function isFinished(operation: Operation): boolean {
  return operation.state !== "queued" && operation.state !== "running";
}

/** The error that a failed or cancelled operation stands for; null for any other. */
export function toOperationError(operation: Operation): SlipwayError | null {
  if (operation.state !== "failed" && operation.state !== "cancelled") return null;
  const { error } = operation;
  if (error === null)
    return new SlipwayError(
      operation.state === "cancelled" ? "cancelled" : "internal",
      operation.message || `The operation ${operation.id} ${operation.state}.`,
      { operation: operation.id },
    );
  const known = Object.hasOwn(errorTable, error.code);
  return new SlipwayError(known ? (error.code as ErrorCode) : "internal", error.message, {
    ...error.details,
    operation: operation.id,
  });
}

export function createOperations(transport: Transport): OperationsClient {
  const pathOf = (id: string): string => `/api/v1/operations/${encodeURIComponent(id)}`;
  const list: OperationsClient["list"] = ({ limit, cursor, ...options } = {}) =>
    transport.call({
      method: "GET",
      path: "/api/v1/operations",
      query: { limit, cursor },
      ...options,
    });
  const get: OperationsClient["get"] = (id, options) => transport.call({ method: "GET", path: pathOf(id), ...options });

  /** One connection's worth of events; ends with the stream. Null: this server or a proxy gives no events. */
  async function openEvents(id: string, options: CallOptions) {
    const response = await transport.send({
      method: "GET",
      path: `${pathOf(id)}/events`,
      headers: { accept: "text/event-stream" },
      endless: true,
      accept: [404, 406, 501],
      ...options,
    });
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (response.ok && isStream === true && response.body !== null) return response.body;
    await response.body?.cancel();
    return null;
  }

  async function* follow(id: string, options: CallOptions): AsyncGenerator<Operation> {
    const body = await openEvents(id, options);
    if (body === null) throw new NoEvents();
    for await (const { data } of readEvents(body)) yield JSON.parse(data) as Operation;
  }

  async function* watch(id: string, options: CallOptions = {}): AsyncGenerator<Operation, void> {
    let last = "";
    let barren = 0;
    let useEvents = true;
    for (;;) {
      let cause: unknown;
      try {
        const source = useEvents ? follow(id, options) : once(get(id, options));
        for await (const operation of source) {
          barren = 0;
          const text = JSON.stringify(operation);
          if (text !== last) yield operation;
          last = text;
          if (isFinished(operation)) return;
        }
      } catch (error) {
        if (options.signal?.aborted === true) throw options.signal.reason;
        if (SlipwayError.is(error) && !error.retryable) throw error;
        cause = error;
      }
      if (cause instanceof NoEvents) {
        useEvents = false;
        continue;
      }
      if (cause !== undefined || useEvents) barren++;
      if (barren > patience) throw cause ?? new ConnectionError(transport.url, cause);
      if (barren >= 2) useEvents = false;
      await sleep(pollMs * Math.max(1, barren), options.signal);
    }
  }

  return {
    list,
    all: (options = {}) => iteratePages((cursor) => list({ ...options, cursor: cursor ?? options.cursor })),
    get,
    cancel: (id, options) => transport.call({ method: "POST", path: `${pathOf(id)}/cancel`, json: {}, ...options }),
    watch,
    wait: async (id, options = {}) => {
      const { onProgress, ...rest } = options;
      let last: Operation | undefined;
      for await (const operation of watch(id, rest)) {
        last = operation;
        onProgress?.(operation);
      }
      if (last === undefined) throw new SlipwayError("internal", `The operation ${id} never told its end.`);
      const error = toOperationError(last);
      if (error !== null) throw error;
      return last;
    },
  };
}

export function createDeployments(transport: Transport): DeploymentsClient {
  return {
    create: (request, options) =>
      transport.call({ method: "POST", path: "/api/v1/deployments", json: request, ...options }),
  };
}

class NoEvents extends Error {}

async function* once<T>(value: Promise<T>): AsyncGenerator<T> {
  yield await value;
}
