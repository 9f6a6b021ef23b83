/** What an import does where the database is; `sql.tasks` finds it by the name of the file. */
export { importExperiments } from "./experiments.ts";
export { importLoggedModels } from "./logged-models.ts";
export { putImportMarks, readImportMarks } from "./marks.ts";
export { importPoints } from "./points.ts";
export { importRuns } from "./runs.ts";
