/**
 * Thresholds of drift and quality for windows of one length, learned from a reference. Plain JSON; shares and moments, no rows.
 * How they are learned: `calibrate.ts`; how they are used: `judge-profile.ts`; why: docs/adr/0042-thresholds-from-blocks.md.
 */
export interface Calibration {
  readonly format: 1;
  readonly planId: string;
  /** Length of the windows that the blocks were cut to. */
  readonly windowMs: number;
  readonly season: Season;
  /** Blocks that the null was learned from; 0: rows are taken as independent. */
  readonly blocks: number;
  readonly columns: readonly ColumnCalibration[];
  /** Rising scores that `laws` speak of; empty without blocks. */
  readonly scores: readonly number[];
  /** By rows, rising; empty without blocks. */
  readonly laws: readonly WindowLaw[];
  /** Usual shares of missing, unseen and out of range values. */
  readonly quality: readonly ColumnQuality[];
}

export type Season = "none" | "hour_of_day" | "day_of_week" | "hour_of_week";

/** What is known of one column that has cells. */
export interface ColumnCalibration {
  readonly name: string;
  readonly role: "input" | "output" | "field";
  readonly kind: "number" | "category";
  /** Cell of the plan -> cell of the test. Null: the same. */
  readonly pooled: readonly number[] | null;
  /** What windows are compared with: by the number of the season ("0" to "167"), and "" for all (what has no season of its own). */
  readonly references: Readonly<Record<string, ColumnReference>>;
  /** Null without blocks. */
  readonly between: BlockMoments | null;
}

export interface ColumnReference {
  /** Shares of the cells of the test. */
  readonly shares: readonly number[];
  /** Rows with a value. */
  readonly rows: number;
  readonly traces: readonly [number, number, number];
  readonly chance: number;
}

/** Over blocks, of the shifts (m, g, h) = (d'Ad, d'ASAd, d'ASASAd) without the part that sampling explains. */
export interface BlockMoments {
  /** Mean, variance and third central moment of m. */
  readonly m: readonly [number, number, number];
  readonly g: number;
  readonly mg: number;
  readonly h: number;
}

/** Chance that the greatest score of a window of `rows` rows reaches each of the scores, all columns being as in the reference. */
export interface WindowLaw {
  readonly rows: number;
  readonly chances: readonly number[];
}

export interface ColumnQuality {
  readonly name: string;
  readonly missing: UsualShare;
  readonly unseen: UsualShare;
  readonly outOfRange: UsualShare;
  /** One and the same value (or bin) in all rows of the reference, or of one of its blocks. */
  readonly constant: boolean;
}

/** A share in the reference, and how far it goes in a part of it. */
export interface UsualShare {
  readonly share: number;
  /** The greatest of a block; `share` without blocks. */
  readonly most: number;
  readonly rows: number;
}
