import type { LabelledRows } from "./labelled-rows.ts";
import type { ScoredRows } from "./scored-rows.ts";

/** Learned errors of a row: from its inputs and the prediction. JSON. */
export interface LossModel {
  readonly features: readonly string[];
  readonly absolute: unknown;
  readonly squared: unknown;
}

/** @returns null where nothing can be learned */
export function fitLoss(labelled: LabelledRows, rows: ScoredRows): LossModel | null {
  void labelled;
  void rows;
  return null;
}
