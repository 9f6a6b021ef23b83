import type { Reference } from "../reference/reference.ts";
import type { MonitorSettings } from "../settings.ts";

/** What one part of the traffic is held against. */
export interface JudgedPart extends Pick<Reference, "profile" | "calibration"> {
  /** "" is the whole. */
  readonly slice: string;
  /** The column that makes the slice: it is what it is. */
  readonly ignore: string | null;
}

/** What is usual in each slice of the settings. */
export type ListParts = (reference: Reference, settings: MonitorSettings) => Promise<readonly JudgedPart[]>;
