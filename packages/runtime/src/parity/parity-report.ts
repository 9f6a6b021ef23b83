import { SlipwayError } from "@slipway/contract/errors";
import { isFloat, isInteger, sliceRows } from "../datatype.ts";
import type { OutputSpec } from "../signature.ts";
import type { Tensor } from "../tensor.ts";
import { compareTensors, elementValue, type Comparison, type ElementValue, type Tolerance } from "./compare-tensors.ts";
import type { Examples, ExpectedOutput } from "./examples.ts";

/** One answer that is not what was recorded. JSON-safe. */
export interface Mismatch {
  /** From 0, as the examples stand in their file. */
  readonly row: number;
  /** `late`, `late.class`, `late.probabilities.on_time`, `embedding[3]`. */
  readonly output: string;
  readonly expected: ElementValue | null;
  readonly got: ElementValue | null;
  /** True where the row was run by itself; false where it shared a run. */
  readonly alone: boolean;
}

export interface OutputParity {
  readonly output: string;
  /** Every element has the bits that were recorded (in the datatype of the output). */
  readonly identical: boolean;
  readonly within: boolean;
  /** The largest distance in representable values. Null where the output has no floats, or where one is not finite. */
  readonly maxUlps: number | null;
}

/** What became of the examples. JSON-safe. */
export interface ParityReport {
  readonly rows: number;
  readonly tolerance: Tolerance;
  readonly identical: boolean;
  readonly within: boolean;
  readonly outputs: readonly OutputParity[];
  /** Answers beyond the tolerance; a row that differs in its batch and alone counts twice. */
  readonly mismatchCount: number;
  /** The first of them. */
  readonly mismatches: readonly Mismatch[];
  /** The one that is farthest from what was recorded, whether or not it is within the tolerance. Null where all are identical. */
  readonly worst: Mismatch | null;
}

const mostShown = 20;

/** Which rows of the examples a run has. */
export interface RunRows {
  readonly from: number;
  readonly to: number;
  /** The row was by itself in its run. */
  readonly alone: boolean;
}

export interface RunComparison {
  readonly expected: ExpectedOutput;
  readonly spec: OutputSpec;
  readonly rows: RunRows;
  readonly wanted: Tensor;
  readonly got: Tensor;
  readonly found: Comparison;
}

/** Adds up the comparisons of all runs. */
export function createParityTally(examples: Examples) {
  const outputs = new Map<string, { identical: boolean; within: boolean }>();
  const ulps = createLargest();
  const mismatches: Mismatch[] = [];
  let mismatchCount = 0;
  let worst: { readonly mismatch: Mismatch; readonly distance: number } | null = null;

  function count(run: RunComparison): void {
    const { wanted, got, rows } = run;
    if (got.data.length !== wanted.data.length || got.datatype !== wanted.datatype) {
      mismatchCount += rows.to - rows.from;
      if (mismatches.length < mostShown) mismatches.push(toShapeMismatch(run));
      return;
    }
    for (let row = 0; row < rows.to - rows.from; row++) {
      const found = compareTensors(sliceRows(wanted, row, row + 1), sliceRows(got, row, row + 1), examples.tolerance);
      if (found.within) continue;
      mismatchCount++;
      if (mismatches.length < mostShown) mismatches.push(toMismatch(run, row, found.worst?.index ?? 0));
    }
  }

  return {
    add(run: RunComparison): void {
      const { found, expected, wanted } = run;
      const known = outputs.get(expected.output) ?? { identical: true, within: true };
      known.identical &&= found.identical;
      known.within &&= found.within;
      if (expected.form !== "class" && isFloat(wanted.datatype)) ulps.add(expected.output, found.maxUlps);
      outputs.set(expected.output, known);
      if (found.worst !== null && found.worst.distance > (worst?.distance ?? -1)) {
        const width = wanted.data.length / Math.max(1, wanted.shape[0]!);
        const row = Math.floor(found.worst.index / width);
        worst = { mismatch: toMismatch(run, row, found.worst.index % width), distance: found.worst.distance };
      }
      if (!found.within) count(run);
    },
    report(): ParityReport {
      const all = [...outputs].map(([output, parity]) => ({ output, ...parity, maxUlps: ulps.get(output) }));
      return {
        rows: examples.rows,
        tolerance: examples.tolerance,
        identical: all.every(({ identical }) => identical),
        within: all.every(({ within }) => within),
        outputs: all,
        mismatchCount,
        mismatches,
        worst: worst?.mismatch ?? null,
      };
    },
  };
}

/** The largest number by name; null once there was none to be told. */
function createLargest() {
  const largest = new Map<string, number | null>();
  return {
    add(name: string, value: number | null): void {
      const known = largest.get(name) ?? (largest.has(name) ? null : 0);
      largest.set(name, known === null || value === null ? null : Math.max(known, value));
    },
    get: (name: string): number | null => largest.get(name) ?? null,
  };
}

/** Element `element` of row `row` of a run. */
function toMismatch({ expected, spec, rows, wanted, got }: RunComparison, row: number, element: number): Mismatch {
  const width = wanted.data.length / Math.max(1, wanted.shape[0]!);
  const at = row * width + element;
  const [left, right] = [elementValue(wanted, at), elementValue(got, at)];
  const named = (value: ElementValue) => (typeof value === "number" ? (spec.classes?.[value] ?? value) : value);
  const isIndex = expected.form === "class" || (spec.classes !== undefined && isInteger(wanted.datatype));
  return {
    row: rows.from + row,
    output: expected.output + suffixOf({ expected, spec, wanted }, element),
    expected: isIndex ? named(left) : left,
    got: isIndex ? named(right) : right,
    alone: rows.alone,
  };
}

function suffixOf({ expected, spec, wanted }: Pick<RunComparison, "expected" | "spec" | "wanted">, element: number) {
  if (expected.form === "class") return ".class";
  if (expected.form === "probabilities")
    return `.probabilities.${spec.classes?.[expected.classes[element]!] ?? element}`;
  const inner = wanted.shape.slice(1);
  if (inner.length === 0 || wanted.data.length === wanted.shape[0]) return "";
  let rest = element;
  const path = inner.toReversed().map((size) => {
    const index = rest % size;
    rest = Math.floor(rest / size);
    return `[${index}]`;
  });
  return path.toReversed().join("");
}

function toShapeMismatch({ expected, rows, wanted, got }: RunComparison): Mismatch {
  const shape = ({ datatype, shape: sizes }: Tensor) => `${datatype} [${sizes.join(", ")}]`;
  const { from, alone } = rows;
  return { row: from, output: expected.output, expected: shape(wanted), got: shape(got), alone };
}

/** @throws SlipwayError `parity_failed` with the table in `details` where an answer is beyond the tolerance */
export function requireParity(report: ParityReport, what: string): void {
  if (report.within) return;
  const { rows, mismatchCount, worst } = report;
  const { absolute, relative } = report.tolerance;
  const said =
    worst === null
      ? ""
      : ` The worst: row ${worst.row}, ${worst.output}, expected ${show(worst.expected)}, got ${show(worst.got)}.`;
  throw new SlipwayError(
    "parity_failed",
    `${what} does not answer its examples as it did at training: of ${rows} ${rows === 1 ? "row" : "rows"}, asked together and some of them alone, ${mismatchCount} ${mismatchCount === 1 ? "answer differs" : "answers differ"} by more than ${absolute} + ${relative} * |expected|.${said} Deploy the file that was trained, or record the examples anew.`,
    toParityDetails(report),
  );
}

/** As it crosses the wire. */
export function toParityDetails(report: ParityReport): Record<string, unknown> {
  return {
    rows: report.rows,
    tolerance: report.tolerance,
    identical: report.identical,
    within: report.within,
    outputs: report.outputs.map(({ maxUlps, ...output }) => ({ ...output, max_ulps: maxUlps })),
    mismatch_count: report.mismatchCount,
    mismatches: report.mismatches,
    worst: report.worst,
  };
}

function show(value: ElementValue | null): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
