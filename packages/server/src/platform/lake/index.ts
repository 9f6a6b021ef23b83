export { createLake, type Lake } from "./lake.ts";
export type { LakeDeps, LakeRunOptions, LakeTask } from "./lake-task.ts";
export { LakeError } from "./lake-error.ts";
export type { LakeContext } from "./lake-main.ts";
export { quoteName, quoteText } from "./quote.ts";
export { readTable, type ReadTableOptions, type TableColumn, type TableSample } from "./read-table.ts";
export * from "./column-buffer.ts";
