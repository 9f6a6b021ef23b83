import type { BehaviourTest } from "@slipway/contract";
import type { AskRecords, Row } from "./ask-records.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface FailedCase {
  readonly record: Fields;
  readonly change: Fields | null;
  /** A sentence without its full stop. */
  readonly why: string;
}

export interface TestOutcome {
  readonly name: string;
  readonly kind: BehaviourTest["kind"];
  readonly cases: number;
  readonly failed: number;
  readonly passed: boolean;
  /** At most three. */
  readonly examples: readonly FailedCase[];
}

const mostExamples = 3;
const tolerance = 1e-6;

/**
 * One test of a behaviour file, after the kinds of CheckList (M. T. Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP Models with
 * CheckList", 2020): known answers, invariance, direction.
 */
export async function runBehaviour(test: BehaviourTest, ask: AskRecords): Promise<TestOutcome> {
  const failures = test.kind === "golden" ? await runGolden(test, ask) : await runChanges(test, ask);
  const { name, kind, allow = 0 } = test;
  const failed = failures.found.length;
  const passed = failed <= allow * failures.cases;
  return { name, kind, cases: failures.cases, failed, passed, examples: failures.found.slice(0, mostExamples) };
}

interface Failures {
  readonly cases: number;
  readonly found: readonly FailedCase[];
}

async function runGolden(test: Extract<BehaviourTest, { kind: "golden" }>, ask: AskRecords): Promise<Failures> {
  const answers = await ask(test.records);
  const found = test.records.flatMap((record, row) => {
    const expected = test.expect[row] ?? test.expect[0]!;
    const why = Object.entries(expected).flatMap(([output, value]) =>
      isSame(answers[row]![output], value, test.within) ? [] : [unlike(output, answers[row]!, value)],
    );
    return why.length === 0 ? [] : [{ record, change: null, why: why.join("; ") }];
  });
  return { cases: test.records.length, found };
}

function unlike(output: string, answer: Row, expected: unknown): string {
  if (!(output in answer)) return `there is no output ${output}, but ${Object.keys(answer).join(", ")}`;
  return `${output} is ${JSON.stringify(answer[output])}, expected ${JSON.stringify(expected)}`;
}

type Changing = Exclude<BehaviourTest, { kind: "golden" }>;

async function runChanges(test: Changing, ask: AskRecords): Promise<Failures> {
  const changes: readonly Fields[] = Array.isArray(test.change) ? test.change : [test.change];
  const before = await ask(test.records);
  const found: FailedCase[] = [];
  for (const change of changes) {
    const after = await ask(test.records.map((record) => ({ ...record, ...change })));
    for (const [row, record] of test.records.entries()) {
      const why = judge(test, before[row]!, after[row]!);
      if (why !== null) found.push({ record, change, why });
    }
  }
  return { cases: test.records.length * changes.length, found };
}

/** Why a change did not do what it should; null: it did. */
function judge(test: Changing, before: Row, after: Row): string | null {
  if (test.kind === "direction") return judgeDirection(test, before, after);
  const names = test.output === undefined ? Object.keys(before) : [test.output];
  const moved = names.find((name) => !isSame(after[name], before[name], test.within));
  if (moved === undefined) return null;
  if (!(moved in before)) return `there is no output ${moved}, but ${Object.keys(before).join(", ")}`;
  return `${moved} went from ${JSON.stringify(before[moved])} to ${JSON.stringify(after[moved])}`;
}

function judgeDirection(
  { output, expect, by = 0 }: Extract<BehaviourTest, { kind: "direction" }>,
  before: Row,
  after: Row,
): string | null {
  const [x, y] = [before[output], after[output]];
  if (typeof x !== "number" || typeof y !== "number")
    return `there is no number ${output}, but ${Object.keys(before).join(", ")}`;
  const rise = y - x;
  const holds = {
    up: rise > 0 && rise >= by,
    down: rise < 0 && -rise >= by,
    not_up: rise <= by,
    not_down: -rise <= by,
  };
  return holds[expect] ? null : `${output} went from ${x} to ${y}`;
}

function isSame(value: unknown, expected: unknown, within = tolerance): boolean {
  if (typeof value === "number" && typeof expected === "number") return Math.abs(value - expected) <= within;
  return value === expected || (value !== null && value !== undefined && String(value) === String(expected));
}
