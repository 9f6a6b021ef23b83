export * from "./audit.ts";
export * from "./common.ts";
export * from "./endpoint.ts";
export * from "./label.ts";
export * from "./model.ts";
export * from "./operation.ts";
export * from "./prediction.ts";
export * from "./server.ts";
