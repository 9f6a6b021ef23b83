export { createEvidence } from "./create-evidence.ts";
export type { EvidenceSource } from "./evidence-source.ts";
export { judgeSrm } from "./judge-srm.ts";
export { evidenceMigrations } from "./migrations.ts";
export { ofEvents, type Stratum } from "./measured.ts";
export { toEvidence } from "./to-evidence.ts";
export { tuningOf } from "./tuning-of.ts";
