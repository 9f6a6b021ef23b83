import fc from "fast-check";
import { expect, test } from "vitest";
import { toCsvLine } from "./csv.ts";
import { bytesText, clip, findNearest, textWidth } from "./text.ts";

test("textWidth counts columns", () => {
  expect(textWidth("abc")).toBe(3);
  expect(textWidth("日本")).toBe(4);
  expect(textWidth("e\u0301")).toBe(1);
});

test("clip never exceeds the width", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 30 }), (text, width) => {
      expect(textWidth(clip(text, width))).toBeLessThanOrEqual(width);
    }),
  );
});

test("bytesText", () => {
  expect([0, 1023, 1536, 150 * 1024, 3 * 1024 ** 3].map(bytesText)).toEqual([
    "0 B",
    "1023 B",
    "1.5 KB",
    "150 KB",
    "3.0 GB",
  ]);
});

test("findNearest finds a slip and nothing far-fetched", () => {
  const known = ["deploy", "predict", "predictions"];
  expect(findNearest("dploy", known)).toBe("deploy");
  expect(findNearest("prediction", known)).toBe("predictions");
  expect(findNearest("install", known)).toBeUndefined();
});

test("a CSV line reads back as what was written", () => {
  const read = (line: string): string[] => {
    const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/gs)];
    return cells.map((cell) => cell[1]?.replaceAll('""', '"') ?? cell[2] ?? "");
  };
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 2, maxLength: 5 }), (values) => {
      expect(read(`x,${toCsvLine(values)}`)).toEqual(["x", ...values]);
    }),
  );
  expect(toCsvLine([null, undefined, 1.5, true, { a: 1 }])).toBe(',,1.5,true,"{""a"":1}"');
});
