export { referenceMigrations } from "./migrations.ts";
export type { FindReference, Reference, ReferenceSample, ReferenceSource } from "./reference.ts";
export { createReferences, type References, type ReferencesDeps } from "./references.ts";
