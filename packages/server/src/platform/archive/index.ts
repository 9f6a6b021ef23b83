export { writeArchive, type WriteChunk } from "./write-archive.ts";
export type { ArchiveFile, PackOrder } from "./pack-worker.ts";
export { readArchive, type IncomingEntry } from "./read-archive.ts";
