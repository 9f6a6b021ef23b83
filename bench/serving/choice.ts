import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Variant } from "./variant.ts";

/** Work -> peer -> its variants, the one with most requests a second in a short trial first. */
export type Choices = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const file = join(import.meta.dirname, "choice.json");

export function readChoices(): Choices {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Choices) : {};
}

/**
 * Replaces what was chosen for the same work and peer.
 * @param tried variant -> requests a second
 */
export function mergeChoice(
  choices: Choices,
  { work, peer, tried }: { work: string; peer: string; tried: Readonly<Record<string, number>> },
): Choices {
  const sorted = Object.entries(tried).toSorted(([, a], [, b]) => b - a);
  return { ...choices, [work]: { ...choices[work], [peer]: sorted.map(([name]) => name) } };
}

export function writeChoices(choices: Choices): void {
  writeFileSync(file, `${JSON.stringify(choices, null, 2)}\n`);
}

/** The variant that did best in the trial; the first one where none was tried. */
export function findChosen(
  choices: Choices,
  { work, peer, variants }: { work: string; peer: string; variants: readonly Variant[] },
): Variant | null {
  for (const name of choices[work]?.[peer] ?? []) {
    const variant = variants.find((each) => each.name === name);
    if (variant !== undefined) return variant;
  }
  return variants[0] ?? null;
}
