import { applyIsotonic, fitIsotonic } from "../calibration/isotonic.ts";
import { calibrationError } from "../calibration/calibration-error.ts";
import { rocAuc } from "../metrics/ranking.ts";
import { requireSameLength } from "../metrics/measure.ts";
import { createRandom } from "../random.ts";

const SPLITS = 10;
const TEST_SHARE = 0.1;
const BINS = 10;

/**
 * Whether isotonic calibration makes scores better probabilities, as NannyML decides: over 10 stratified random splits
 * (a tenth held out) the held-out rows are calibrated and pooled, and the calibration errors (10 bins of equally many
 * rows) before and after are compared. False with one class only, or when the scores part the classes (AUC > 0.999).
 * @param truth n classes 0 or 1. @param score n probabilities. @param seed of the splits.
 */
export function needsCalibration(truth: ArrayLike<number>, score: ArrayLike<number>, seed = 42): boolean {
  const n = requireSameLength(truth, score);
  const auc = rocAuc(truth, score).value;
  if (auc === null || auc > 0.999) return false;
  for (let i = 0; i < n; i++) if (!(score[i]! >= 0 && score[i]! <= 1)) return true;
  const held: { truth: Float64Array; raw: Float64Array; calibrated: Float64Array }[] = [];
  const random = createRandom(seed);
  const classes = [0, 1].map((label) => Array.from({ length: n }, (_, i) => i).filter((i) => truth[i] === label));
  for (let split = 0; split < SPLITS; split++) {
    const { train, test } = divide(classes, random);
    const line = fitIsotonic(pick(score, train), pick(truth, train));
    const raw = pick(score, test);
    held.push({ truth: pick(truth, test), raw, calibrated: applyIsotonic(line, raw) });
  }
  const pooled = (name: "truth" | "raw" | "calibrated") => Float64Array.from(held.flatMap((part) => [...part[name]]));
  const outcome = pooled("truth");
  const bins = Math.max(1, Math.min(BINS, Math.floor(outcome.length / 2)));
  const before = calibrationError(outcome, pooled("raw"), { bins }).value ?? 0;
  const after = calibrationError(outcome, pooled("calibrated"), { bins }).value ?? 0;
  return before > after;
}

/** A random tenth of each class, and the rest; a class of one row stays in the training part. */
function divide(classes: readonly number[][], random: () => number): { train: number[]; test: number[] } {
  const train: number[] = [];
  const test: number[] = [];
  for (const rows of classes) {
    for (let i = rows.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [rows[i], rows[j]] = [rows[j]!, rows[i]!];
    }
    const held = rows.length < 2 ? 0 : Math.max(1, Math.round(rows.length * TEST_SHARE));
    for (const [i, row] of rows.entries()) (i < held ? test : train).push(row);
  }
  return { train, test };
}

function pick(values: ArrayLike<number>, rows: readonly number[]): Float64Array {
  return Float64Array.from(rows, (row) => values[row]!);
}
