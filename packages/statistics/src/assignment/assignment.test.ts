import { expect, test } from "vitest";
import { bucketRanges, findArm } from "./bucket-ranges.ts";
import { createHashUnit, fnv1a, hashUnit, hashUnitV1 } from "./hash-unit.ts";

// Vectors of GrowthBook's SDK specification, packages/sdk-js/test/cases.json.
test.each([
  ["", "a", 1, 0.22],
  ["", "b", 1, 0.077],
  ["b", "a", 1, 0.946],
  ["ef", "d", 1, 0.652],
  ["asdf", "8952klfjas09ujk", 1, 0.549],
  ["", "123", 1, 0.011],
  ["seed", "a", 2, 0.0505],
  ["seed", "b", 2, 0.2696],
  ["foo", "ab", 2, 0.2575],
  ["foo", "def", 2, 0.2019],
  ["89123klj", "8952klfjas09ujkasdf", 2, 0.124],
  ["90850943850283058242805", "123", 2, 0.7516],
] as const)("the bucket of (%s, %s) by version %i is %d", (seed, value, version, expected) => {
  const bucket = version === 1 ? hashUnitV1(seed, value) : hashUnit(seed, value);
  expect(bucket / 10_000).toBe(expected);
  if (version === 2) expect(createHashUnit(seed)(value)).toBe(bucket);
});

test("version 2 is what its formula says, for texts beyond ASCII too", () => {
  const plain = (text: string) => {
    let h = 0x811c9dc5;
    for (let i = 0; i < text.length; i++)
      h = Number(((BigInt.asUintN(32, BigInt(h)) ^ BigInt(text.charCodeAt(i))) * 16777619n) & 0xffffffffn);
    return h >>> 0;
  };
  for (let i = 0; i < 500; i++) {
    const [seed, value] = [`naïve ${i * 7919} 🚀`, String.fromCharCode(i, 5 * i) + i];
    expect(fnv1a(seed + value)).toBe(plain(seed + value));
    expect(hashUnit(seed, value)).toBe(plain(String(plain(seed + value))) % 10_000);
  }
});

test("a split of 0.01 % is one bucket, and raising the coverage only adds units", () => {
  expect(bucketRanges([0.9999, 0.0001])).toEqual([
    { from: 0, to: 9999 },
    { from: 9999, to: 10_000 },
  ]);
  expect(bucketRanges([0.5, 0.5], 0.5)).toEqual([
    { from: 0, to: 2500 },
    { from: 5000, to: 7500 },
  ]);
  expect(bucketRanges([0.1, 0.2, 0.7])).toEqual([
    { from: 0, to: 1000 },
    { from: 1000, to: 3000 },
    { from: 3000, to: 10_000 },
  ]);
  for (const [less, more] of [
    [0, 0.001],
    [0.001, 0.3],
    [0.3, 1],
  ] as const) {
    const [before, after] = [bucketRanges([0.25, 0.35, 0.4], less), bucketRanges([0.25, 0.35, 0.4], more)];
    for (let bucket = 0; bucket < 10_000; bucket++) {
      const arm = findArm(before, bucket);
      if (arm !== -1) expect(findArm(after, bucket)).toBe(arm);
    }
  }
});

test("every bucket is in exactly one arm at full coverage", () => {
  const ranges = bucketRanges([1 / 3, 1 / 3, 1 / 3]);
  const sizes = [0, 0, 0];
  for (let bucket = 0; bucket < 10_000; bucket++) sizes[findArm(ranges, bucket)]!++;
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(10_000);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBe(1);
});

test("weights that are none are refused", () => {
  for (const weights of [[0.5, 0.4], [1.5, -0.5], [], [Number.NaN, 1]])
    expect(() => bucketRanges(weights)).toThrow(RangeError);
  expect(() => bucketRanges([1], 1.01)).toThrow("coverage");
});

test("units are spread evenly, and independently between seeds", () => {
  const halves = [0, 0, 0, 0];
  const deciles = Array.from({ length: 10 }, () => 0);
  const [one, two] = [createHashUnit("checkout"), createHashUnit("search")];
  for (let i = 0; i < 40_000; i++) {
    const [a, b] = [one(`user-${i}`), two(`user-${i}`)];
    deciles[Math.floor(a / 1000)]!++;
    halves[(a < 5000 ? 0 : 1) + (b < 5000 ? 0 : 2)]!++;
  }
  for (const count of deciles) expect(Math.abs(count - 4000)).toBeLessThan(5 * Math.sqrt(3600));
  for (const count of halves) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(7500));
});
