export { createBlobStore, parseSha256 } from "./blob-store.ts";
export type { BlobInfo } from "./blob-info.ts";
export type { BlobHold, BlobStore, BlobStoreOptions, ByteRange, ListedBlob, OpenBlob } from "./blob-store.ts";
export { checkFilePaths, createPathSet, parseFilePath } from "./file-path.ts";
export type { PathSet } from "./file-path.ts";
export type { LayoutFile } from "./layout.ts";
export type { ReceiveOptions } from "./receive.ts";
export type { PutOptions, PutResult } from "./upload.ts";
export { syncFolder } from "./sync-folder.ts";
