export * from "./address.ts";
export * from "./errors.ts";
export * from "./openapi.ts";
export * from "./routes.ts";
export * as schemas from "./schemas/index.ts";
export type * from "./schemas/index.ts";
