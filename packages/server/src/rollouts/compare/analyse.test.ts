import { createRandom, createNormal } from "@slipway/statistics";
import { describe, expect, test } from "vitest";
import { analyse, latencyOf, type AnalyseOptions } from "./analyse.ts";
import { lossesOf } from "./losses.ts";
import { compareLosses } from "./paired-losses.ts";
import type { PairedOutput, Pairs, Value } from "./pairs.ts";

const late: PairedOutput = {
  name: "late",
  kind: "class",
  classes: ["on_time", "late"],
  probabilities: ["late_p_on_time", "late_p_late"],
};
const options: AnalyseOptions = {
  outputs: [late],
  slices: null,
  minRows: 1,
  tolerance: { absolute: 1e-6, relative: 1e-4 },
  alpha: 0.05,
};

/** Rows [origin, probability of late with a, with b, truth]. */
function pairsOf(rows: readonly (readonly [string, number, number, string | null])[]): Pairs {
  const answer = (share: number) => (share > 0.5 ? "late" : "on_time");
  const side = (at: 1 | 2) =>
    new Map<string, Value[]>([
      ["late", rows.map((row) => answer(row[at]))],
      ["late_p_on_time", rows.map((row) => 1 - row[at])],
      ["late_p_late", rows.map((row) => row[at])],
    ]);
  return {
    n: rows.length,
    names: rows.map((_, i) => `r${i}`),
    inputs: new Map([["origin", rows.map(([origin]) => origin)]]),
    a: side(1),
    b: side(2),
    truth: rows.map((row) => row[3]),
  };
}

describe("what tells two versions apart", () => {
  const pairs = pairsOf([
    ["ATL", 0.2, 0.8, "late"],
    ["ATL", 0.9, 0.1, "true"],
    ["JFK", 0.4, 0.4, "0"],
    ["JFK", 0.6, 0.6000001, null],
  ]);
  const found = analyse(pairs, options);

  test("disagreement, flips, and which of them are for the worse", () => {
    expect(found).toMatchObject({ main: "late", rows: 4, different: 2 });
    expect(found.flips).toEqual([
      { from: "on_time", to: "late", rows: 1 },
      { from: "late", to: "on_time", rows: 1 },
    ]);
    expect(found.labelled).toMatchObject({ rows: 3, negativeFlips: 1, positiveFlips: 1 });
  });

  test("score shift: what is within the tolerance is the same", () => {
    const column = found.outputs.find(({ output }) => output === "late_p_late")!;
    expect(column.different).toBe(2);
    expect(column.meanAbsolute).toBeCloseTo(1.4000001 / 4, 6);
    expect(column.meanDifference).toBeCloseTo(-0.05, 6);
    // Sorted: .2 .4 .6 .9 against .1 .4 .6 .8.
    expect(column.wasserstein).toBeCloseTo(0.05, 6);
    expect(column.ks).toBeCloseTo(0.25);
  });

  test("slices and examples, the farthest apart first", () => {
    expect(found.slices.map(({ slice, different }) => [slice, different])).toEqual([
      ["origin = ATL", 2],
      ["origin = JFK", 0],
    ]);
    expect(found.examples.map(({ name }) => name)).toEqual(["r1", "r0", "r3"]);
    expect(found.examples[0]).toMatchObject({ inputs: { origin: "ATL" }, a: { late: "late" }, b: { late: "on_time" } });
  });

  test("versions without a common output have nothing to compare", () => {
    expect(analyse(pairs, { ...options, outputs: [] })).toMatchObject({ main: null, rows: 4, outputs: [] });
  });
});

describe("losses of a row", () => {
  const rows = (values: Value[], truth: (string | null)[]) => ({
    n: values.length,
    columns: new Map([["y", values]]),
    truth,
  });
  const number: PairedOutput = { name: "y", kind: "number", classes: [], probabilities: [] };

  test("of numbers", () => {
    const given = rows([1, 2.5, null], ["3", "2", "1"]);
    expect([...lossesOf("absolute_error", number, given)]).toEqual([2, 0.5, Number.NaN]);
    expect([...lossesOf("squared_error", number, given)]).toEqual([4, 0.25, Number.NaN]);
  });

  test("a number with truths of 0 and 1 is a probability", () => {
    const given = rows([0.75, 0.75, 0.2], ["1", "false", null]);
    expect([...lossesOf("brier", number, given)]).toEqual([0.0625, 0.5625, Number.NaN]);
    expect([...lossesOf("wrong", number, given)]).toEqual([0, 1, Number.NaN]);
    expect(lossesOf("log_loss", number, given)[0]).toBeCloseTo(-Math.log(0.75));
  });

  test("of three classes the Brier loss is the sum over all", () => {
    const output: PairedOutput = {
      name: "k",
      kind: "class",
      classes: ["a", "b", "c"],
      probabilities: ["pa", "pb", "pc"],
    };
    const columns = new Map<string, Value[]>([
      ["k", ["a"]],
      ["pa", [0.5]],
      ["pb", [0.3]],
      ["pc", [0.2]],
    ]);
    const given = { n: 1, columns, truth: ["B"] };
    expect(lossesOf("brier", output, given)[0]).toBeCloseTo(0.25 + 0.49 + 0.04);
    expect(lossesOf("wrong", output, given)[0]).toBe(1);
  });
});

describe("the same rows cost two versions", () => {
  test("an interval that widens where hardly any row differs", () => {
    const a = new Float64Array(1000);
    const b = new Float64Array(1000);
    b[0] = 1;
    const few = compareLosses("wrong", { a, b }, 0.05);
    expect(few).toMatchObject({ rows: 1000, worse: 1, better: 0 });
    expect(few.high).toBeGreaterThan(0.005);
    expect(few.atLeast).toBeLessThan(0);
    expect(compareLosses("wrong", { a, b: a }, 0.05)).toMatchObject({ difference: 0, low: 0, high: 0 });
  });

  test("below 100 rows nothing is said", () => {
    const a = new Float64Array(99);
    expect(compareLosses("brier", { a, b: a }, 0.05)).toMatchObject({ rows: 99, low: null, atMost: null });
  });

  test("without an effect, the bounds exclude it no more often than alpha says", () => {
    const random = createRandom(11);
    const normal = createNormal(random);
    const trials = 400;
    let wrong = 0;
    for (let trial = 0; trial < trials; trial++) {
      const a = Float64Array.from({ length: 300 }, () => normal());
      const b = a.map((value) => value + 0.3 * normal());
      if (compareLosses("absolute_error", { a, b }, 0.05).atLeast! > 0) wrong++;
    }
    expect(wrong / trials).toBeLessThanOrEqual(0.05);
  });
});

test("latency is told by quantiles", () => {
  expect(latencyOf([])).toBe(null);
  expect(latencyOf([3, 1, 2])).toMatchObject({ requests: 3, mean: 2, p50: 2 });
});
