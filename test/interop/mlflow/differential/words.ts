import fc from "fast-check";
import type { Json } from "./world.ts";

/** One of the usual values often, one of the strange ones now and then. */
export function mostly<T, U>(usual: readonly T[], strange: readonly U[]): fc.Arbitrary<T | U> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<T | U>(...usual) },
    { weight: 1, arbitrary: fc.constantFrom<T | U>(...strange) },
  );
}

/** Mostly the same few things, so that what is done to them meets. */
const index = fc.constantFrom(0, 0, 0, 1, 1, 2, 3);
export const run = index.map((n) => `{{run:${n}}}`);
export const experiment = index.map((n) => `{{experiment:${n}}}`);
export const model = index.map((n) => `{{model:${n}}}`);

const long = "k".repeat(251);
const strangeKeys = ["a//b", "", "/lead", long, "ü", "../x", "a:b", "a*"];
const strangeTexts = ["", "ü", "it's", "100%_", "x".repeat(9000)];
/** Of lists: there MLflow takes a value of the wrong type for none, and loses what comes after it. */
const usualKeys = ["loss", "loss", "loss", "acc", "acc", "a/b", "sp ace", "x.y-z"];
export const listedKey = mostly(usualKeys, strangeKeys);
export const listedText = mostly<Json, Json>(["a", "b", "A", "0.1", "ab c"], strangeTexts);
export const key = mostly<Json, Json>(usualKeys, [...strangeKeys, 5, null]);
export const text = mostly<Json, Json>(["a", "b", "A", "0.1", "ab c"], [...strangeTexts, 5, null]);
export const metricValue = mostly<Json, Json>([0, 1, -1, 0.5, 1e10], ["NaN", "Infinity", "-Infinity", "0.5"]);
export const step = mostly<Json, Json>([0, 1, 2, 3], [-1, "2"]);
export const timestamp = mostly<Json, Json>([1000, 2000, 3000], [0, "1500", -1]);
/** The same key twice is an error of its database there. */
export const tags = fc.uniqueArray(fc.record({ key: listedKey, value: listedText }), {
  maxLength: 3,
  selector: (tag) => tag.key,
});

/** An object whose fields are there mostly. */
export function fields(
  shape: Readonly<Record<string, fc.Arbitrary<Json>>>,
  sure: readonly string[],
): fc.Arbitrary<Json> {
  return fc.record(shape, { requiredKeys: [...sure] }) as fc.Arbitrary<Json>;
}

/** As `fields`, all there but in one of forty, where one is missing. */
export function whole(shape: Readonly<Record<string, fc.Arbitrary<Json>>>): fc.Arbitrary<Json> {
  const names = Object.keys(shape);
  const one = fc.constantFrom(...names);
  return fc.tuple(fc.record(shape), fc.integer({ min: 0, max: 39 }), one).map(([made, chance, name]) => {
    if (chance > 0) return made;
    const { [name]: _, ...rest } = made;
    return rest;
  });
}
