export { createPackStream } from "./pack-stream.ts";
export type { ArchiveFile, PackOrder } from "./pack-worker.ts";
export { readArchive, type IncomingEntry } from "./read-archive.ts";
export { manifestName, type SealedEntry } from "./sealed-entry.ts";
