export * from "./address.ts";
export * from "./errors.ts";
