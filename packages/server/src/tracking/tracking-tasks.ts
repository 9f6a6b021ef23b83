/** What runs where the database is; `sql.tasks` finds it by the name of the file. */
export * from "./experiments/tasks.ts";
