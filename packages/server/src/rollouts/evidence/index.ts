export type { Compared, ComparedLimit, ComparedMetric } from "./compared.ts";
export { createEvidence } from "./create-evidence.ts";
export type { EvidenceDeps, EvidenceSource, Observed } from "./evidence-source.ts";
export { evidenceMigrations } from "./migrations.ts";
export { judgeSrm } from "./judge-srm.ts";
export { type Measured, ofEvents, type Pairs, type Stratum, type Sums } from "./measured.ts";
export { toEvidence } from "./to-evidence.ts";
export { tuningOf } from "./tuning-of.ts";
