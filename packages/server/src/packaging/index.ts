export { createPackaging, type InspectRequest, type Packaging, type PackagingOptions } from "./packaging.ts";
export { toColumnFacts, type ColumnFacts } from "./draft/column-facts.ts";
export { draftManifest, type DraftRequest } from "./draft/draft-manifest.ts";
export { matchColumns, type Match, type MatchedInput } from "./draft/match-columns.ts";
export { readSignature } from "./packaging.ts";
export { deriveName } from "./derive-name.ts";
export { parseManifestText } from "./manifest-file.ts";
export { toModelSection, toTrainedAt, versionDigest, type FileDigest, type ModelSection } from "./model-section.ts";
export type { PackagedModel, RewrittenFile } from "./packaged-model.ts";
