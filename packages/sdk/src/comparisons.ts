import type { NewComparison, Operation } from "@slipway/contract";
import type { CallOptions, Transport } from "./transport.ts";

export interface ComparisonsClient {
  /**
   * Has two versions answer the same requests on record, or the rows of an uploaded file (`blobs.ensure`); the operation that comes back has
   * a `ComparisonResult` in the end.
   */
  create(request: NewComparison, options?: CallOptions): Promise<Operation>;
}

export function createComparisons(transport: Transport): ComparisonsClient {
  return {
    create: (request, options) =>
      transport.call({ method: "POST", path: "/api/v1/comparisons", json: request, ...options }),
  };
}
