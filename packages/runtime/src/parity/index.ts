export * from "./compare-tensors.ts";
export * from "./examples.ts";
export { requireParity, toParityDetails } from "./parity-report.ts";
export type { Mismatch, OutputParity, ParityReport } from "./parity-report.ts";
export * from "./run-examples.ts";
