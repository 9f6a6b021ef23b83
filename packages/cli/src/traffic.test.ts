import { expect, test } from "vitest";
import { UsageError } from "./exit-codes.ts";
import { parseRules, parseShadows, parseSplit } from "./traffic.ts";

test("shares are percentages with two decimals, of versions of one endpoint", () => {
  expect(parseSplit(["a@1=90", "a@2=9.99", "a@3=0.01%"])).toEqual({
    name: "a",
    arms: [
      { version: 1, share: 9000 },
      { version: 2, share: 999 },
      { version: 3, share: 1 },
    ],
  });
  for (const wrong of [["a@1"], ["a=10"], ["a@champion=10"], ["a@1=101"], ["a@1=0.001"], ["a@1=50", "b@2=50"]])
    expect(() => parseSplit(wrong), wrong.join(" ")).toThrow(UsageError);
});

test("rules have names of their source", () => {
  expect(parseRules("header:X-Tester=yes,1@2; country=FR@3;country=DE@2")).toEqual([
    { name: "x_tester", header: "X-Tester", values: ["yes", "1"], version: 2 },
    { name: "country", field: "country", values: ["FR"], version: 3 },
    { name: "country_2", field: "country", values: ["DE"], version: 2 },
  ]);
  expect(parseRules("header:2=a@b.com@1")).toEqual([{ name: "rule", header: "2", values: ["a@b.com"], version: 1 }]);
  for (const wrong of ["", "country=FR", "country@2", "=FR@2"])
    expect(() => parseRules(wrong), wrong).toThrow(UsageError);
});

test("shadows have a share each", () => {
  expect(parseShadows("3=10, 4=0.5")).toEqual([
    { version: 3, share: 1000 },
    { version: 4, share: 50 },
  ]);
  expect(() => parseShadows("3")).toThrow(UsageError);
});
