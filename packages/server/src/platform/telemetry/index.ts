export { createLogFile, type LogEntry, type LogFile } from "./log-file.ts";
export { createLogger } from "./logger.ts";
export { createHistogram, type Histogram } from "./histogram.ts";
export { createProcessMetrics, type ProcessMetrics } from "./process-metrics.ts";
export { createTracer } from "./create-tracer.ts";
export type { SpanFacts, Tracer } from "./tracer.ts";
