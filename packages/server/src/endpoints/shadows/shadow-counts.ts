/**
 * Why a request was not answered once more. `loading`, `failed`: the version was not there (yet); `queue`: more waited than may; `late`: its turn, or its
 * answer, came too late; `busy`: shadows had used their part of the event loop's time; `gone`: the shadow was taken away, or what waited was let go of
 * for an erase; `unlogged`: the log could not be written.
 */
export const dropReasons = ["loading", "failed", "queue", "late", "busy", "gone", "unlogged"] as const;
export type DropReason = (typeof dropReasons)[number];

/** What became of the requests that were drawn for one shadow, since it is one, in this process. */
export interface ShadowCounts {
  /** Those that were drawn: each of them ends as one of the others. */
  sampled: number;
  /** On record, by outcome: `ok`, or the code of an error. */
  readonly outcomes: Map<string, number>;
  readonly dropped: Record<DropReason, number>;
  /** Milliseconds of the event loop's time that all of it took. */
  loopMs: number;
}

export function createShadowCounts(): ShadowCounts {
  const dropped = Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Record<DropReason, number>;
  return { sampled: 0, outcomes: new Map(), dropped, loopMs: 0 };
}

export function countOutcome({ outcomes }: ShadowCounts, outcome: string): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}
