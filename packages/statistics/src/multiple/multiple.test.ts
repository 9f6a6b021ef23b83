import { expect, test } from "vitest";
import { benjaminiHochberg } from "./benjamini-hochberg.ts";
import { kOfMStart, stepKOfM, type KOfM } from "./k-of-m.ts";

test("a test that was not made counts for nothing", () => {
  expect([...benjaminiHochberg([0.02, Number.NaN, 0.5])]).toEqual([0.04, Number.NaN, 0.5]);
  expect([...benjaminiHochberg([])]).toEqual([]);
});

const settings = { k: 2, m: 3, resolveAfter: 2 };
const run = (windows: string) => {
  const states: KOfM[] = [];
  let state = kOfMStart;
  for (const window of windows) {
    state = stepKOfM(state, window === "?" ? null : window === "x", settings);
    states.push(state);
  }
  return states.map(({ firing }) => (firing ? "!" : ".")).join("");
};

test.each([
  ["x........", "........."],
  ["x.x......", "..!!....."],
  ["xx.......", ".!!......"],
  ["x..x..x..", "........."],
  ["x?x......", "..!!....."],
  ["xx.x.x.x..", ".!!!!!!!!."],
  ["xx..x....", ".!!......"],
  ["xx?.?.?..", ".!!!!...."],
])("windows %s alarm at %s", (windows, firing) => {
  expect(run(windows)).toBe(firing);
});
