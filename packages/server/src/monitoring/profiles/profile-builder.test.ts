import { createNormal, createRandom, distinctOf, listFrequent, quantilesOf } from "@slipway/statistics";
import { expect, test } from "vitest";
import { decodeProfile, encodeProfile } from "./codec.ts";
import { type ColumnPlan, createProfilePlan, findBin } from "./column-plan.ts";
import { mergeProfiles } from "./merge.ts";
import { createProfileBuilder } from "./profile-builder.ts";

const base = { role: "input", edges: null, categories: null, range: null, nullable: true } as const;
const columns: readonly ColumnPlan[] = [
  { ...base, name: "distance", kind: "number", edges: Float64Array.of(0, 1, 2, 3), range: [0, 2.5] },
  { ...base, name: "origin", kind: "category", categories: ["ATL", "ORD"] },
  { ...base, name: "late_p_yes", kind: "number", role: "output", nullable: false },
];
const plan = createProfilePlan(columns);

function profileOf(distance: (number | string | null)[], origin: (string | null)[] = distance.map(() => "ATL")) {
  const builder = createProfileBuilder(plan);
  const late = Float64Array.from(distance, (_, i) => (i % 3 === 0 ? Number.NaN : 0.5));
  builder.addColumns(
    new Map<string, (number | string | null)[] | Float64Array>([
      ["distance", distance],
      ["origin", origin],
      ["late_p_yes", late],
    ]),
    distance.length,
  );
  return builder.profile();
}

test("counts what is missing, invalid, infinite, out of range and unseen, and fills the bins of the plan", () => {
  const profile = profileOf(
    [-1, 0, 0.5, 1, 3, 3.5, Number.POSITIVE_INFINITY, Number.NaN, null, "2", "two", ""],
    ["ATL", "ORD", "ORD", "JFK", null, "ATL", "ATL", "ATL", "ATL", "ATL", "ATL", "ATL"],
  );
  expect(profile).toMatchObject({ planId: plan.id, rows: 12, requests: 0, errors: 0 });
  const [distance, origin, late] = profile.columns;
  expect(distance).toMatchObject({ count: 12, missing: 2, invalid: 2, infinite: 1, outOfRange: 3, frequent: null });
  expect([...distance!.bins!]).toEqual([1, 2, 1, 2, 2]);
  expect(distance!.moments).toMatchObject({ count: 7, mean: 9 / 7, min: -1, max: 3.5 });
  expect(quantilesOf(distance!.quantiles!, [0, 0.5, 1])).toEqual([-1, 1, 3.5]);
  expect(distinctOf(distance!.distinct!)).toBe(7);
  expect(origin).toMatchObject({ count: 12, missing: 1, unseen: 1, moments: null, quantiles: null });
  expect([...origin!.bins!]).toEqual([8, 2, 1]);
  expect(listFrequent(origin!.frequent!, 2)).toEqual([
    { value: "ATL", count: 8 },
    { value: "ORD", count: 2 },
  ]);
  expect(late).toMatchObject({ count: 12, missing: 0, invalid: 4, bins: null });
});

test("puts each number into the bin that findBin names", () => {
  const random = createRandom(4);
  const normal = createNormal(random);
  const edges = Float64Array.of(-1, -0.25, 0, 0.5, 2);
  const wide = createProfilePlan([{ ...base, name: "x", kind: "number", edges }]);
  const values = Float64Array.from({ length: 5_000 }, (_, i) => (i % 7 === 0 ? edges[i % 5]! : normal()));
  const builder = createProfileBuilder(wide);
  builder.addColumns(new Map([["x", values]]), values.length);
  const expected = new Float64Array(6);
  for (const value of values) expected[findBin(edges, value)]!++;
  expect(builder.profile().columns[0]!.bins).toEqual(expected);
});

test("merged, read back and taken up again it is the same as made at once", () => {
  const normal = createNormal(createRandom(7));
  const values = Array.from({ length: 3_000 }, () => Math.fround(normal()));
  const origins = values.map((_, i) => `A${i % 90}`);
  const whole = profileOf(values, origins);
  const parts = [0, 999, 1998].map((from) => {
    const to = from === 1998 ? 3_000 : from + 999;
    return profileOf(values.slice(from, to), origins.slice(from, to));
  });
  const merged = mergeProfiles(mergeProfiles(parts[0]!, parts[1]!), decodeProfile(encodeProfile(parts[2]!)));
  expect(merged.rows).toBe(3_000);
  for (const [i, column] of merged.columns.entries()) {
    const { moments, quantiles, frequent, ...exact } = column;
    expect({ ...whole.columns[i], moments: null, quantiles: null, frequent: null }).toEqual({
      ...exact,
      moments: null,
      quantiles: null,
      frequent: null,
    });
    if (moments !== null) expect(moments.m2).toBeCloseTo(whole.columns[i]!.moments!.m2, 6);
    if (quantiles !== null) {
      const [low = 0, high = 0] = quantilesOf(whole.columns[i]!.quantiles!, [0.47, 0.53]);
      const [middle] = quantilesOf(quantiles, [0.5]);
      expect(middle).toBeGreaterThanOrEqual(low);
      expect(middle).toBeLessThanOrEqual(high);
    }
    if (frequent !== null) expect(frequent.total).toBe(3_000);
  }
  expect(decodeProfile(encodeProfile(whole))).toEqual(whole);
  const resumed = createProfileBuilder(plan, decodeProfile(encodeProfile(parts[0]!)));
  expect(resumed.profile()).toEqual(parts[0]);
  expect(() => mergeProfiles(whole, { ...whole, planId: "other" })).toThrow(RangeError);
});

test("bytes of a newer version, or of nothing, are refused", () => {
  const bytes = encodeProfile(profileOf([1]));
  expect(() => decodeProfile(Uint8Array.of(0x50, 2, ...bytes.subarray(2)))).toThrow("version 2");
  expect(() => decodeProfile(Uint8Array.of(1, 2, 3))).toThrow("no profile");
});

test("counts requests", () => {
  const builder = createProfileBuilder(plan);
  builder.addAnswered({ requests: 3, fallbacks: 1, latencies: Float64Array.of(3, 2) });
  builder.addFailed("overloaded", 4);
  const profile = decodeProfile(encodeProfile(builder.profile()));
  expect(profile).toMatchObject({ requests: 4, errors: 1, fallbacks: 1, rows: 0 });
  expect([...profile.errorCodes]).toEqual([["overloaded", 1]]);
  expect(quantilesOf(profile.latency, [0.5])).toEqual([3]);
});

test("a plan has each column once and ascending edges", () => {
  expect(() => createProfilePlan([columns[0]!, columns[0]!])).toThrow("distance is in the plan twice");
  expect(() => createProfilePlan([{ ...columns[0]!, edges: Float64Array.of(1, 1) }])).toThrow("do not ascend");
  expect(createProfilePlan(columns).id).toBe(plan.id);
  expect(createProfilePlan([{ ...columns[0]!, range: null }]).id).not.toBe(plan.id);
});
