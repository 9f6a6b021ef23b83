import { readFileSync } from "node:fs";

/** Numbers in [0, 1) by Numerical Recipes' linear congruential generator: the one of tools/goldens/learn.py. */
function createLcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Scores of so many digits, and classes that follow them. */
export function binarySample({ n, seed, digits }: { n: number; seed: number; digits: number }) {
  const next = createLcg(seed);
  const score = new Float64Array(n);
  const truth = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const s = Math.floor(next() * 10 ** digits) / 10 ** digits;
    score[i] = s;
    truth[i] = Number(next() < s * s * 0.75 + 0.1);
  }
  return { truth, score, predicted: Uint8Array.from(score, (s) => Number(s >= 0.5)) };
}

/** Probabilities of k classes, and classes that are drawn by their squares. */
export function classSample({ n, k, seed }: { n: number; k: number; seed: number }) {
  const next = createLcg(seed);
  const rows = Array.from({ length: n }, () => Array.from({ length: k }, () => next() + 0.01));
  const truth = rows.map((row) => {
    let total = 0;
    const edges = row.map((value) => (total += value * value));
    const at = next() * edges.at(-1)!;
    return edges.findIndex((edge) => edge > at);
  });
  const probabilities = Array.from({ length: k }, (_, c) =>
    Float64Array.from(rows, (row) => row[c]! / row.reduce((sum, value) => sum + value, 0)),
  );
  return { truth, probabilities, predicted: truth.map((_, i) => largestOf(probabilities, i)) };
}

function largestOf(columns: readonly Float64Array[], row: number): number {
  let best = 0;
  for (const [c, column] of columns.entries()) if (column[row]! > columns[best]![row]!) best = c;
  return best;
}

export function numberSample({ n, seed }: { n: number; seed: number }) {
  const next = createLcg(seed);
  const truth = Array.from({ length: n }, () => 10 * next());
  return { truth, predicted: truth.map((value) => Math.max(0, value + 3 * (next() - 0.4))) };
}

/** Figures that tools/goldens/learn.py has written. */
export function learnGoldens<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`learn/${name}`, import.meta.url), "utf8")) as T;
}
