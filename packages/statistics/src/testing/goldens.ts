import { readFileSync } from "node:fs";

export interface Golden {
  readonly kind: string;
  readonly in: unknown;
  readonly out: unknown;
}

/** Lines of a file beside this one; "nan", "inf" and "-inf" are numbers again. */
export function readGoldens<Line = Golden>(name: string): Line[] {
  const text = readFileSync(new URL(name, import.meta.url), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line, (_, value: unknown) => numberOf(value)) as Line);
}

function numberOf(value: unknown): unknown {
  if (value === "nan") return Number.NaN;
  if (value === "inf") return Number.POSITIVE_INFINITY;
  if (value === "-inf") return Number.NEGATIVE_INFINITY;
  return value;
}

/**
 * How far a value is from the expected one, relatively; of two probabilities under 1e-12 relatively in their logarithms. What is below the
 * smallest normal number is 0.
 * @param floor of smaller expected values the distance is relative to this
 */
export function distanceOf(value: number, expected: number, floor = 1e-15): number {
  if (Object.is(value, expected) || value === expected || (Number.isNaN(value) && Number.isNaN(expected))) return 0;
  if (Math.abs(value) < 1e-307 && Math.abs(expected) < 1e-307) return 0;
  if (value > 0 && expected > 0 && value < 1e-12 && expected < 1e-12 && floor < 1e-12)
    return Math.abs(Math.log(value) / Math.log(expected) - 1);
  return Math.abs(value - expected) / Math.max(Math.abs(expected), floor);
}
