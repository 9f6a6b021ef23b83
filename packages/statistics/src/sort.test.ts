import fc from "fast-check";
import { expect, test } from "vitest";
import { createNormal, createRandom } from "./random.ts";
import { finiteNumbers, sortNumbers } from "./sort.ts";

const plain = (values: ArrayLike<number>) =>
  Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();

test("few numbers of any kind are sorted, without NaN", () => {
  fc.assert(
    fc.property(fc.array(fc.double()), (values) => {
      expect(sortNumbers(values)).toEqual(plain(values.map((value) => value + 0)));
    }),
  );
});

const random = createRandom(7);
const normal = createNormal(random);
const many: Readonly<Record<string, () => number>> = {
  normal,
  "of both signs and all sizes": () => normal() * 10 ** Math.floor(random() * 600 - 300),
  "with many ties": () => Math.floor(random() * 10) - 5,
  "that differ in their last bits alone": () => 1 + Math.floor(random() * 1000) * Number.EPSILON,
  "with infinities and zeros of both signs": () =>
    [0, -0, 1 / 0, -1 / 0, 5e-324, -5e-324, 1][Math.floor(random() * 7)]!,
};

test.each(Object.entries(many))("20,000 numbers %s are sorted", (_, draw) => {
  const values = Float64Array.from({ length: 20_000 }, draw);
  expect(sortNumbers(values)).toEqual(plain(values.map((value) => value + 0)));
});

test("the input is left as it is", () => {
  const values = [3, Number.NaN, 1];
  sortNumbers(values);
  expect(values).toEqual([3, Number.NaN, 1]);
  expect([...finiteNumbers([1, Number.NaN, Number.POSITIVE_INFINITY, 2])]).toEqual([1, 2]);
});
