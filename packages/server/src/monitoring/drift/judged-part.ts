import type { Reference } from "../reference/reference.ts";
import type { MonitorSettings } from "../settings.ts";

/** What one slice of the traffic is held against. */
export interface JudgedPart {
  readonly slice: string;
  /** The column that makes the slice: it is what it is. */
  readonly ignore: string;
  /** Another part has another key: what is made of it may be kept by it. */
  readonly key: string;
  /** `encodeProfile`. */
  readonly profile: Uint8Array;
  /** `Calibration` as JSON. */
  readonly calibration: string;
}

/** What is usual in each slice of the settings. */
export type ListParts = (reference: Reference, settings: MonitorSettings) => Promise<readonly JudgedPart[]>;
