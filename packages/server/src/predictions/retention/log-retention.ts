import {
  type Offset,
  closedFile,
  decodeSegmentHeader,
  isClosed,
  listInstances,
  listSegments,
  segmentFile,
  segmentHeaderBytes,
} from "@slipway/runtime/log";
import { open, readdir, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Aging, type RetentionLimits, chooseExpired } from "./choose.ts";

export interface LogRetentionDeps {
  /** Of all instances. */
  readonly folder: string;
  readonly limits: RetentionLimits;
  /** Of the instances that write now. */
  readonly growing: () => Promise<readonly Offset[]>;
  /** How far each consumer has read each instance. A segment that one of them has not wholly read stays. */
  readonly readers: () => Promise<readonly ReadonlyMap<string, Offset>[]>;
  /** Segments whose records are all older go too, milliseconds; null: none. */
  readonly horizon: () => Promise<number | null>;
}

export interface Removed {
  readonly files: number;
  readonly bytes: number;
  /** What is there afterwards. */
  readonly heldBytes: number;
}

interface Segment extends Aging {
  readonly path: string;
  readonly folder: string;
}

/** Takes away the segments that are closed, read by everybody, and beyond the limits. */
export async function removeOldSegments(deps: LogRetentionDeps, now: number): Promise<Removed> {
  const segments = await listAll(deps);
  const horizon = await deps.horizon();
  const expired = new Set(chooseExpired(segments, deps.limits, now));
  if (horizon !== null)
    for (const segment of segments) if (segment.free && segment.until < horizon) expired.add(segment);
  for (const { path } of expired) await rm(path, { force: true });
  for (const folder of new Set(Array.from(expired, (segment) => segment.folder))) await removeEmpty(folder);
  const sum = (some: Iterable<Segment>) => [...some].reduce((bytes, segment) => bytes + segment.bytes, 0);
  const bytes = sum(expired);
  return { files: expired.size, bytes, heldBytes: sum(segments) - bytes };
}

/** From the oldest to the newest; what was put aside as damaged is nobody's to read, so it only has to be old. */
async function listAll({ folder, growing, readers }: LogRetentionDeps): Promise<Segment[]> {
  const found: Segment[] = [];
  const offsets = await readers();
  const places = await growing();
  for (const instance of await listInstances(folder)) {
    const at = join(folder, instance);
    const closed = await isClosed(at);
    const place = places.find((offset) => offset.instance === instance);
    const numbers = await listSegments(at);
    for (const number of numbers) {
      const segment = await describe(at, segmentFile(number));
      if (segment === null) continue;
      const ended = closed || (place !== undefined && number < place.segment);
      const isRead = offsets.every((reader) => isBehind(reader.get(instance), number, segment.bytes));
      found.push({ ...segment, free: ended && isRead });
    }
    for (const file of await readdir(at)) {
      if (!file.endsWith(".log.damaged")) continue;
      const damaged = await describe(at, file);
      if (damaged !== null) found.push({ ...damaged, free: true });
    }
  }
  return found.sort((a, b) => a.until - b.until);
}

function isBehind(offset: Offset | undefined, segment: number, bytes: number): boolean {
  if (offset === undefined) return false;
  return offset.segment > segment || (offset.segment === segment && offset.byte >= bytes);
}

async function describe(folder: string, file: string): Promise<Omit<Segment, "free"> | null> {
  const path = join(folder, file);
  const found = await stat(path).catch(() => null);
  return found && { path, folder, bytes: found.size, until: found.mtimeMs };
}

/** When a segment was begun, milliseconds; null where it is gone or has no header. */
export async function createdAt(path: string): Promise<number | null> {
  const handle = await open(path, "r").catch(() => null);
  if (handle === null) return null;
  try {
    const bytes = Buffer.alloc(segmentHeaderBytes);
    const { bytesRead } = await handle.read(bytes, 0, segmentHeaderBytes, 0);
    return decodeSegmentHeader(bytes.subarray(0, bytesRead))?.createdAt ?? null;
  } finally {
    await handle.close();
  }
}

/** An instance that ended and of which nothing is left. */
async function removeEmpty(folder: string): Promise<void> {
  const files = await readdir(folder).catch(() => []);
  if (files.length !== 1 || files[0] !== closedFile) return;
  await rm(join(folder, closedFile), { force: true });
  await rmdir(folder).catch(() => undefined);
}
