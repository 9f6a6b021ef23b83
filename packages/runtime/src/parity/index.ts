export * from "./compare-tensors.ts";
export { ulpDistance } from "./ulps.ts";
