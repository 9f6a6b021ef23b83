import { quantileOfSorted, toSortedNumbers } from "@slipway/statistics";
import {
  columnsOf,
  compareColumn,
  createDiffers,
  createDistance,
  listFlips,
  type ColumnDifference,
  type Flip,
  type Tolerance,
} from "./differences.ts";
import { lossesOf, listLosses } from "./losses.ts";
import { compareLosses, type PairedLoss } from "./paired-losses.ts";
import { chooseMain, type PairedOutput, type Pairs, type Value } from "./pairs.ts";
import { listSlices, takePairs } from "./slices.ts";

export interface AnalyseOptions {
  readonly outputs: readonly PairedOutput[];
  /** Columns that are cut into slices; null: those of texts and booleans. */
  readonly slices: readonly string[] | null;
  /** Of a slice. */
  readonly minRows: number;
  readonly tolerance: Tolerance;
  /** Of each interval. */
  readonly alpha: number;
  /** The alpha is spent on all slices together, not on each. */
  readonly shareAlpha?: boolean;
}

/** What is known of rows whose labels have come. */
export interface Labelled {
  readonly rows: number;
  /** Right in a and wrong in b, and the other way round; null where the output is a number. */
  readonly negativeFlips: number | null;
  readonly positiveFlips: number | null;
  readonly losses: readonly PairedLoss[];
}

export interface ComparedSlice {
  readonly slice: string;
  readonly rows: number;
  readonly different: number;
  readonly labelled: Labelled | null;
}

export interface PairExample {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly a: Readonly<Record<string, Value>>;
  readonly b: Readonly<Record<string, Value>>;
  readonly truth: string | null;
}

/** Of runs, milliseconds a request. */
export interface Latency {
  readonly requests: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface Analysis {
  /** The output that disagreement, flips, losses and slices are about; null: they have none in common. */
  readonly main: string | null;
  readonly rows: number;
  readonly different: number;
  readonly outputs: readonly ColumnDifference[];
  readonly flips: readonly Flip[];
  /** Null: no label has come. */
  readonly labelled: Labelled | null;
  readonly slices: readonly ComparedSlice[];
  /** Those that are farthest apart. */
  readonly examples: readonly PairExample[];
}

const mostExamples = 20;

/** What tells two versions apart on the same rows. */
export function analyse(pairs: Pairs, options: AnalyseOptions): Analysis {
  const { outputs, tolerance, alpha, slices, minRows } = options;
  const main = chooseMain(outputs);
  const columns = outputs.flatMap(columnsOf);
  if (main === null)
    return {
      main: null,
      rows: pairs.n,
      different: 0,
      outputs: [],
      flips: [],
      labelled: null,
      slices: [],
      examples: [],
    };
  const differs = createDiffers(pairs, columnsOf(main)[0]!, tolerance);
  const different = Array.from({ length: pairs.n }, (_, row) => row).filter(differs);
  const parts = listSlices(pairs, slices, minRows);
  const sliceAlpha = options.shareAlpha === true ? alpha / Math.max(1, parts.length) : alpha;
  return {
    main: main.name,
    rows: pairs.n,
    different: different.length,
    outputs: columns.map((column) => compareColumn(pairs, column, tolerance)),
    flips: main.kind === "number" ? [] : listFlips(pairs, main.name),
    labelled: labelledOf(pairs, main, alpha),
    slices: parts.map(({ name, rows }) => {
      const part = takePairs(pairs, rows);
      const isDifferent = createDiffers(part, columnsOf(main)[0]!, tolerance);
      const count = rows.filter((_, row) => isDifferent(row)).length;
      return { slice: name, rows: part.n, different: count, labelled: labelledOf(part, main, sliceAlpha) };
    }),
    examples: examplesOf(pairs, main),
  };
}

/** Every loss that the output can have. Null: no label has come. */
export function labelledOf(pairs: Pairs, main: PairedOutput, alpha: number): Labelled | null {
  const { n, truth } = pairs;
  const rows = truth.filter((text) => text !== null).length;
  if (rows === 0) return null;
  const losses = listLosses(main, truth).map((metric) => {
    const of = (columns: Pairs["a"]) => lossesOf(metric, main, { n, columns, truth });
    return compareLosses(metric, { a: of(pairs.a), b: of(pairs.b) }, alpha);
  });
  const wrong = losses.find(({ metric }) => metric === "wrong");
  return { rows, negativeFlips: wrong?.worse ?? null, positiveFlips: wrong?.better ?? null, losses };
}

function examplesOf(pairs: Pairs, main: PairedOutput): PairExample[] {
  const distance = createDistance(pairs, main);
  const far = Array.from({ length: pairs.n }, (_, row) => ({ row, apart: distance(row) }))
    .filter(({ apart }) => apart > 0)
    .toSorted((x, y) => y.apart - x.apart)
    .slice(0, mostExamples);
  const answers = [main.name, ...main.probabilities];
  return far.map(({ row }) => ({
    name: pairs.names[row] ?? "",
    inputs: Object.fromEntries([...pairs.inputs].map(([name, values]) => [name, values[row] ?? null])),
    a: Object.fromEntries(answers.map((name) => [name, pairs.a.get(name)?.[row] ?? null])),
    b: Object.fromEntries(answers.map((name) => [name, pairs.b.get(name)?.[row] ?? null])),
    truth: pairs.truth[row] ?? null,
  }));
}

export function latencyOf(ms: readonly number[]): Latency | null {
  if (ms.length === 0) return null;
  const sorted = toSortedNumbers(ms);
  const at = (q: number) => quantileOfSorted(sorted, q);
  const mean = ms.reduce((sum, each) => sum + each, 0) / ms.length;
  return { requests: ms.length, mean, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
