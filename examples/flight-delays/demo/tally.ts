// Figures about questions and their answers.
import type { Question } from "./traffic.ts";
import { count } from "./screen.ts";

export interface Tally {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly lost: number;
  /** Answers by version, in the order of their first answer. */
  readonly byVersion: ReadonlyMap<number, number>;
  /** Mean probability of late. */
  readonly expectedLate: number;
  readonly p50Ms: number;
}

export function tally(questions: readonly Question[]): Tally {
  const byVersion = new Map<number, number>();
  const waits: number[] = [];
  let late = 0;
  let failed = 0;
  let lost = 0;
  for (const { state, answer, ms } of questions) {
    if (state === "failed") failed += 1;
    if (state === "lost") lost += 1;
    if (answer === undefined) continue;
    byVersion.set(answer.version, (byVersion.get(answer.version) ?? 0) + 1);
    waits.push(ms);
    late += answer.late;
  }
  const answered = waits.length;
  waits.sort((a, b) => a - b);
  return {
    sent: questions.length,
    answered,
    failed,
    lost,
    byVersion,
    expectedLate: answered === 0 ? 0 : late / answered,
    p50Ms: waits[answered >> 1] ?? 0,
  };
}

/** The questions that were answered within the last second, found from the end. */
export function lastSecond(questions: readonly Question[]): Question[] {
  const since = performance.now() - 1000;
  // Answers come nearly in the order of the questions: a few hundred back from the first old one, none is new.
  const found: Question[] = [];
  for (let i = questions.length - 1, old = 0; i >= 0 && old < 200; i--) {
    const question = questions[i]!;
    if (question.state === "under way") continue;
    if (question.answeredAt >= since) found.push(question);
    else old += 1;
  }
  return found;
}

/** `v1 1,402, v2 741` */
export function versionsText(byVersion: ReadonlyMap<number, number>): string {
  return [...byVersion]
    .toSorted(([a], [b]) => a - b)
    .map(([version, answers]) => `v${version} ${count(answers)}`)
    .join(", ");
}
