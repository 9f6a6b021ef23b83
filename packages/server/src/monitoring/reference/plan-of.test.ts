import fc from "fast-check";
import { expect, test } from "vitest";
import type { ColumnPlan } from "../profiles/column-plan.ts";
import { createProfileBuilder } from "../profiles/profile-builder.ts";
import { blocksOf, chooseBlockMs } from "./blocks-of.ts";
import { findEdges, planOf } from "./plan-of.ts";
import { spreadEvenly, takeReferenceRows, type ReferenceRows } from "./reference-rows.ts";

const hourMs = 3_600_000;
const column = (name: string, kind: ColumnPlan["kind"]): ColumnPlan => ({
  name,
  role: "input",
  kind,
  edges: null,
  categories: null,
  range: null,
  nullable: true,
});
const columns = [column("x", "number"), column("town", "category")];

const number = fc.oneof(
  fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e9, max: 1e9 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0, 1, 2),
);
const row = fc.record({
  x: number,
  town: fc.option(fc.constantFrom("ATL", "ORD", "SFO")),
  at: fc.nat({ max: 5 * hourMs }),
});

function toRows(given: readonly { x: number; town: string | null; at: number }[]): ReferenceRows {
  return {
    n: given.length,
    columns: new Map<string, Float64Array | (string | null)[]>([
      ["x", Float64Array.from(given, ({ x }) => x)],
      ["town", given.map(({ town }) => town)],
    ]),
    times: Float64Array.from(given, ({ at }) => at),
    truth: null,
  };
}

test("blocks count what profiles of their rows would", () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (given) => {
      const rows = toRows(given);
      const plan = planOf(columns, rows);
      const blocks = blocksOf(plan, rows, hourMs);
      expect(blocks.map(({ at }) => at)).toEqual(
        [...new Set(given.map(({ at }) => Math.floor(at / hourMs) * hourMs))].toSorted((a, b) => a - b),
      );
      for (const block of blocks) {
        const chosen = [...given.keys()].filter((i) => Math.floor(given[i]!.at / hourMs) * hourMs === block.at);
        const part = takeReferenceRows(rows, chosen);
        const builder = createProfileBuilder(plan);
        builder.addColumns(part.columns, part.n);
        for (const [i, counted] of block.columns.entries()) {
          const { name, bins, count, missing, unseen, outOfRange } = builder.profile().columns[i]!;
          expect(counted).toEqual({ name, bins, count, missing, unseen, outOfRange });
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("edges are quantiles, or lie between few values; one value has a bin of its own", () => {
  expect(findEdges(new Float64Array())).toBeNull();
  expect([...findEdges(Float64Array.of(0, 0, 1, 1, 2))!]).toEqual([0, 0.5, 1.5, 2]);
  const even = Float64Array.from({ length: 1000 }, (_, i) => i);
  const edges = [...findEdges(even)!];
  expect(edges).toHaveLength(21);
  expect([edges[0], edges[10], edges[20]]).toEqual([0, 500, 999]);
  const [low, high] = findEdges(Float64Array.of(7, 7, 7))!;
  expect(low! < 7 && high! > 7).toBe(true);
  // Half of the rows are one value: equal quantiles are one edge.
  const heavy = Float64Array.from({ length: 1000 }, (_, i) => Math.max(0, i - 500));
  const distinct = findEdges(heavy);
  expect(new Set(distinct).size).toBe(distinct?.length);
});

test("the range leaves room around the reference, and what is never negative may not become so", () => {
  const rows = toRows(Array.from({ length: 100 }, (_, i) => ({ x: i / 100, town: i % 2 ? "ATL" : null, at: 0 })));
  const [x, town] = planOf(columns, rows).columns;
  expect(x?.range?.[0]).toBe(0);
  expect(x?.range?.[1]).toBeCloseTo(1.089);
  expect(town?.categories).toEqual(["ATL"]);
  const known = planOf([{ ...column("x", "number"), range: [0, 5] }], rows).columns[0];
  expect(known?.range).toEqual([0, 5]);
});

test("blocks are as long as the monitor's windows where these hold enough, else longer, and rows are spread evenly", () => {
  const hourly = (rows: number) =>
    toRows(Array.from({ length: 24 * 60 * rows }, (_, i) => ({ x: 1, town: null, at: (i / rows) * hourMs })));
  expect(chooseBlockMs(hourly(120), hourMs)).toBe(hourMs);
  expect(chooseBlockMs(hourly(1), hourMs)).toBe(7 * 24 * hourMs);
  expect(chooseBlockMs(toRows([{ x: 1, town: null, at: 0 }]), hourMs)).toBe(hourMs);
  expect(spreadEvenly(10, 5)).toEqual([0, 2, 4, 6, 8]);
  expect(spreadEvenly(3, 5)).toEqual([0, 1, 2]);
});
