import type { Finding } from "./finding.ts";
import type { MonitorSettings } from "./settings.ts";
import type { Watched, Window } from "./watched.ts";

export interface JudgeInput {
  readonly watched: Watched;
  readonly window: Window;
  readonly settings: MonitorSettings;
  readonly now: number;
}

/**
 * One kind of watching. It is asked about each window that has ended, the oldest first, and again where something about the window
 * has changed since (late labels, imported rows, a better reference): the same data must give the same findings.
 */
export interface Judge {
  /** Stored with the findings: never changes. */
  readonly name: string;
  /** It takes a second or more of a window: it is not asked again about all of the past. */
  readonly isCostly?: boolean;
  /** Of all slices, those that pass as well. What it cannot tell for want of data is `insufficient`, not thrown. */
  judge(input: JudgeInput): Promise<readonly Finding[]>;
}
