export { findMlflowUi, type MlflowUi } from "./find-ui.ts";
export { registerMlflowUi } from "./register-ui.ts";
export { createUiRoutes } from "./ui-handlers.ts";
