export { referenceMigrations } from "./migrations.ts";
export type { FindReference, Reference } from "./reference.ts";
export { createReferences, type References } from "./references.ts";
