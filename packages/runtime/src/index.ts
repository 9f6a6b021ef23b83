export * from "./runtime.ts";
export * from "./signature.ts";
export * from "./tensor.ts";
