import type { ElementValue, InferenceRecord, Signature, Tensor, Tolerance } from "@slipway/runtime";
import { compareRow, findMismatch, toRow, type RowComparison, type Verdict } from "./outputs.ts";
import type { Refusal, ReplayRefusal } from "./reasons.ts";

export interface OutputTally {
  identical: number;
  within: number;
  different: number;
  /** Null where a difference has no distance in representable values: whole numbers, texts, something not finite. */
  maxUlps: number | null;
  maxDifference: number | null;
  worst: ReplayExample | null;
}

/** One output of one prediction, where its value is farthest from the one on record. */
export interface ReplayExample {
  readonly prediction: string;
  readonly output: string;
  /** Of the element, in the row's output. */
  readonly index: number | null;
  readonly expected: ElementValue | null;
  readonly got: ElementValue | null;
  readonly difference: number | null;
  readonly ulps: number | null;
}

export interface RefusalExample extends Refusal {
  readonly prediction: string;
}

/** What a replay found; counts are of predictions, which are rows. */
export interface ReplayTally {
  total: number;
  identical: number;
  within: number;
  different: number;
  readonly notReplayable: Partial<Record<ReplayRefusal, number>>;
  readonly outputs: Record<string, OutputTally>;
  /** Of what is different; at most 20. */
  readonly examples: ReplayExample[];
  /** At most 3 for each reason. */
  readonly notReplayableExamples: RefusalExample[];
  /** Outputs that only one side has, or that mean something else there. */
  readonly notCompared: Record<string, string>;
  /** Inputs on record that the other version does not take. */
  readonly ignoredInputs: string[];
  /** Inputs of the other version that some record lacks and that may be missing, with how many predictions. */
  readonly emptyInputs: Record<string, number>;
  /** Arrival of the first and the last, microseconds. */
  firstAt: number | null;
  lastAt: number | null;
}

const mostExamples = 20;
const mostRefusals = 3;
const ranks: readonly Verdict[] = ["identical", "within", "different"];

/** A row among those that are run, and its number on record. */
export interface ComparedRow {
  readonly row: number;
  readonly name: number;
}

export interface Answered {
  readonly record: InferenceRecord;
  readonly compared: readonly ComparedRow[];
  /** Of the request on record, with what was erased. */
  readonly rows: number;
  readonly outputs: readonly Tensor[];
  readonly target: Signature;
  readonly recorded: Signature | null;
}

export function createTally(): ReplayTally {
  return {
    total: 0,
    identical: 0,
    within: 0,
    different: 0,
    notReplayable: {},
    outputs: Object.create(null) as Record<string, OutputTally>,
    examples: [],
    notReplayableExamples: [],
    notCompared: Object.create(null) as Record<string, string>,
    ignoredInputs: [],
    emptyInputs: Object.create(null) as Record<string, number>,
    firstAt: null,
    lastAt: null,
  };
}

/** Counts predictions that could not be run or compared. */
export function countRefused(tally: ReplayTally, id: string, { reason, message, count }: Refusal & { count: number }) {
  tally.total += count;
  tally.notReplayable[reason] = (tally.notReplayable[reason] ?? 0) + count;
  const told = tally.notReplayableExamples.filter((example) => example.reason === reason).length;
  if (told < mostRefusals) tally.notReplayableExamples.push({ prediction: id, reason, message });
}

export function countSeen(tally: ReplayTally, at: number): void {
  tally.firstAt = Math.min(tally.firstAt ?? at, at);
  tally.lastAt = Math.max(tally.lastAt ?? at, at);
}

/** What two versions do not have in common, of so many predictions. */
export function countUnlike(
  tally: ReplayTally,
  { ignored, empty }: { readonly ignored: readonly string[]; readonly empty: readonly string[] },
  count: number,
): void {
  for (const name of ignored) if (!tally.ignoredInputs.includes(name)) tally.ignoredInputs.push(name);
  for (const name of empty) tally.emptyInputs[name] = (tally.emptyInputs[name] ?? 0) + count;
}

/** Counts the rows of one request that was run again, output by output. False: no output could be compared. */
export function countAnswered(tally: ReplayTally, answered: Answered, tolerance: Tolerance): boolean {
  const pairs = pairOutputs(tally, answered);
  if (pairs.length === 0) return false;
  const { record, compared, rows } = answered;
  for (const { row, name } of compared) {
    const place = { rows: record.rows, row };
    const prediction = rows > 1 ? `${record.id}/${name}` : record.id;
    let verdict: Verdict = "identical";
    for (const [expected, got] of pairs) {
      const comparison = compareRow(toRow(expected, place), toRow(got, place), tolerance);
      countOutput(tally, { prediction, output: expected.name }, comparison);
      if (ranks.indexOf(comparison.verdict) > ranks.indexOf(verdict)) verdict = comparison.verdict;
    }
    tally.total++;
    tally[verdict]++;
  }
  return true;
}

/** The outputs of both sides that have one name and one meaning; says what is left out. */
function pairOutputs(tally: ReplayTally, { record, outputs, target, recorded }: Answered): [Tensor, Tensor][] {
  const pairs: [Tensor, Tensor][] = [];
  for (const name of new Set([...record.outputs, ...outputs].map((tensor) => tensor.name))) {
    const mismatch = findMismatch(name, { recorded, target });
    const expected = record.outputs.find((tensor) => tensor.name === name);
    const got = outputs.find((tensor) => tensor.name === name);
    if (mismatch !== null) tally.notCompared[name] = mismatch;
    else if (expected && got) pairs.push([expected, got]);
    else tally.notCompared[name] = expected ? "is not among the outputs now" : "is not on record";
  }
  return pairs;
}

function countOutput(
  tally: ReplayTally,
  { prediction, output }: { readonly prediction: string; readonly output: string },
  compared: RowComparison,
): void {
  const { verdict, maxUlps, maxDifference, worst } = compared;
  const sum = (tally.outputs[output] ??= {
    identical: 0,
    within: 0,
    different: 0,
    maxUlps: 0,
    maxDifference: 0,
    worst: null,
  });
  sum[verdict]++;
  if (verdict === "identical") return;
  const example: ReplayExample = {
    prediction,
    output,
    index: worst?.index ?? null,
    expected: worst?.expected ?? null,
    got: worst?.got ?? null,
    difference: maxDifference,
    ulps: maxUlps,
  };
  if (sum.worst === null || isWorse(maxDifference, sum.worst.difference)) sum.worst = example;
  sum.maxUlps = larger(sum.maxUlps, maxUlps);
  sum.maxDifference = larger(sum.maxDifference, maxDifference);
  if (verdict === "different" && tally.examples.length < mostExamples) tally.examples.push(example);
}

/** What has no size is worse than anything that has one. */
function isWorse(now: number | null, before: number | null): boolean {
  return before !== null && (now === null || now > before);
}

function larger(before: number | null, now: number | null): number | null {
  return before === null || now === null ? null : Math.max(before, now);
}
