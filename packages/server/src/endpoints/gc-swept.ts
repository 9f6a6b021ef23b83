/** Something that goes. */
export interface Swept {
  readonly name: string;
  readonly bytes: number;
}

export interface SweepHow {
  readonly dryRun: boolean;
  /** What changed at this time or later stays. Milliseconds since 1970. */
  readonly before: number;
  readonly signal: AbortSignal;
}
