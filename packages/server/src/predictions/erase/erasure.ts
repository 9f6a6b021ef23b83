/**
 * What is to be done next. Every step may be done again, and ends in the transaction that names the next one; `done` is
 * written with the tombstone.
 */
export type ErasureStep = "segments" | "labels" | "lake" | "tombstone" | "done";

/** One request to take predictions out for good. Without anything about the person: not even the predicate. */
export interface Erasure {
  /** UUIDv7. */
  readonly id: string;
  readonly endpoint: string;
  /** SHA-256 of the predicate, hex. */
  readonly predicate: string;
  readonly author: string | null;
  readonly step: ErasureStep;
  /** Rows that matched, and the requests that they are part of. */
  readonly predictions: number;
  readonly requests: number;
  /** Rows that go with their request though they did not match. */
  readonly widened: number;
  readonly labels: number;
  /** Files that were rewritten. */
  readonly segments: number;
  readonly lakeFiles: number;
  readonly unreadableBytes: number;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

/** What a step found out. */
export type ErasureFacts = Partial<
  Pick<Erasure, "widened" | "labels" | "segments" | "lakeFiles" | "unreadableBytes" | "finishedAt">
>;

/** What no erase reaches, for whoever asked for it. */
export function notesOf({ unreadableBytes, widened }: Pick<Erasure, "unreadableBytes" | "widened">): string[] {
  return [
    "Backups, exported copies and query results that were saved before still hold what was erased.",
    "Profiles and findings of monitoring may still hold values of text inputs, until profile_retention has passed.",
    ...(unreadableBytes > 0
      ? [`${unreadableBytes} bytes of the log are damaged, so nobody can tell what is in them; look for *.damaged.`]
      : []),
    ...(widened > 0
      ? [`${widened} more predictions went, since what was left of their requests did not fit in its place.`]
      : []),
  ];
}
