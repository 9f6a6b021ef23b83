/** What runs where the database is; `sql.tasks` finds it by the name of the file. */
export * from "./artifacts/tasks.ts";
export * from "./experiments/tasks.ts";
export * from "./logged-models/tasks.ts";
export { logInputs, logOutputs } from "./runs/inputs.ts";
export { logToRun } from "./runs/log-tasks.ts";
export { deleteRunTag, recordLoggedModel } from "./runs/tags.ts";
export * from "./removal/tasks.ts";
export * from "./runs/tasks.ts";
export * from "./search/tasks.ts";
