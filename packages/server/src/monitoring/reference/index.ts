export type { FindReference, Reference, ReferenceSample, ReferenceSource } from "./reference.ts";
