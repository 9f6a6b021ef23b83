export { createBlobStore, parseSha256 } from "./blob-store.ts";
export type { BlobInfo, BlobStore, BlobStoreOptions, ByteRange, OpenBlob } from "./blob-store.ts";
export { checkFilePaths, parseFilePath } from "./file-path.ts";
export type { LayoutFile } from "./layout.ts";
export type { PutOptions, PutResult } from "./upload.ts";
