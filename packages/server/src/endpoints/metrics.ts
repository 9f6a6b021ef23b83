import { createHistogram, type Histogram } from "../platform/telemetry/index.ts";

const secondBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const rowBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** What one endpoint of this process has done since it started. */
export interface EndpointMetrics {
  /** By version and outcome, `1,ok` or `1,invalid_input`. */
  readonly requests: Map<string, number>;
  readonly seconds: Histogram;
  readonly batchRows: Histogram;
  inFlight: number;
  logged: number;
  notLogged: number;
}

export function createEndpointMetrics(): EndpointMetrics {
  return {
    requests: new Map(),
    seconds: createHistogram(secondBounds),
    batchRows: createHistogram(rowBounds),
    inFlight: 0,
    logged: 0,
    notLogged: 0,
  };
}

export function countRequest(metrics: EndpointMetrics, version: number | null, outcome: string): void {
  const key = `${version ?? ""},${outcome}`;
  metrics.requests.set(key, (metrics.requests.get(key) ?? 0) + 1);
}
