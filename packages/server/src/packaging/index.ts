export { createPackaging, type InspectRequest, type Packaging, type PackagingOptions } from "./packaging.ts";
export { deriveName } from "./derive-name.ts";
export { parseManifestText } from "./manifest-file.ts";
export { toModelSection, versionDigest, type FileDigest, type ModelSection } from "./model-section.ts";
export type { PackagedModel, RewrittenFile } from "./packaged-model.ts";
