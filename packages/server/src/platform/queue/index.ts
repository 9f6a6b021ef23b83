export { queueMigrations } from "./migrations.ts";
export { isFinished } from "./operation.ts";
export type { Operation, OperationError, OperationState, ProgressEntry } from "./operation.ts";
export { createOperations } from "./operations.ts";
export type { Operations, OperationsDeps, Run, RunContext } from "./operations.ts";
