/** What runs where the database is. */
export { findByAlias, getModel, getVersion, latestVersions, searchModels, searchVersions } from "./search/tasks.ts";
