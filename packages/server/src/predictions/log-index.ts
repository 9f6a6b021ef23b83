import { closedFile, segmentFile, segmentNumber } from "@slipway/runtime/log";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type SegmentIndex, openSegmentIndex } from "./segment-index.ts";

/** A segment and when its records were written, as far as can be told without reading them. */
export interface DatedSegment {
  readonly index: SegmentIndex;
  /** Milliseconds; Infinity while it grows. */
  readonly writtenUntil: number;
}

export interface LogIndex {
  /** All segments of all instances, in the order of the log. */
  segments(): DatedSegment[];
}

/** Knows the segments there are, and remembers what was learned of them. */
export function createLogIndex(folder: string): LogIndex {
  let known = new Map<string, SegmentIndex>();

  function segments(): DatedSegment[] {
    const seen = new Map<string, SegmentIndex>();
    const dated = listFolder(folder)
      .sort()
      .flatMap((instance) => ofInstance(join(folder, instance), seen));
    known = seen;
    return dated;
  }

  function ofInstance(at: string, seen: Map<string, SegmentIndex>): DatedSegment[] {
    const found: SegmentIndex[] = [];
    const numbers = listFolder(at).map(segmentNumber);
    for (const number of numbers.filter((segment) => segment !== null).sort((a, b) => a - b)) {
      const path = join(at, segmentFile(number));
      const index = known.get(path) ?? openSegmentIndex(path);
      if (index === null) continue;
      seen.set(path, index);
      found.push(index);
    }
    const closed = existsSync(join(at, closedFile));
    return found.map((index, i) => {
      const next = found[i + 1];
      if (next !== undefined) return { index, writtenUntil: next.createdAt };
      return { index, writtenUntil: closed ? changedAt(index.path) : Number.POSITIVE_INFINITY };
    });
  }

  return { segments };
}

function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}
