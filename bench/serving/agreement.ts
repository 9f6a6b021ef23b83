import type { Answer } from "./question.ts";

/** The largest difference of a probability that two servers of one model may have. */
const tolerance = 1e-5;

/** What is wrong with an answer by the side of ours; null where they agree. Labels have to be the same. */
export function findDisagreement(ours: Answer, theirs: Answer): string | null {
  if (ours.numbers.length !== theirs.numbers.length)
    return `${theirs.numbers.length} numbers instead of ${ours.numbers.length}`;
  for (const [at, value] of ours.numbers.entries()) {
    const other = theirs.numbers[at]!;
    // Not <=, which NaN passes the wrong way round.
    if (!(Math.abs(value - other) <= tolerance)) return `number ${at} is ${other} instead of ${value}`;
  }
  if (ours.labels === null || theirs.labels === null) return null;
  const same =
    ours.labels.length === theirs.labels.length && ours.labels.every((label, at) => label === theirs.labels?.[at]);
  return same ? null : `labels ${theirs.labels.join(", ")} instead of ${ours.labels.join(", ")}`;
}
