import fc from "fast-check";
import { expect, test } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { parseTrace } from "./trace.ts";

test.each([
  ["0\n12.5\n30\n", [0, 12.5, 30]],
  ["offset_ms\n5\n0\n", [0, 5]],
  ["offset_s,path\n0.5,/a\n1.5,/b\n", [0, 1000]],
  ["id,timestamp\na,2026-11-22T10:00:00Z\nb,2026-11-22T10:00:00.250Z\n", [0, 250]],
  ['"at"\n"2026-11-22 10:00:00"\n', [0]],
  ["1700000000000;x\n1700000000100;y\n", [0, 100]],
  ["1700000000\n1700000000.5\n", [0, 500]],
  ["[0, 12.5]", [0, 12.5]],
  ['["2026-11-22T10:00:00Z", "2026-11-22T10:00:01Z"]', [0, 1000]],
  ['{"offsets_ms": [3, 4]}', [0, 1]],
  ['[{"at": "2026-11-22T10:00:00Z"}, {"at": "2026-11-22T10:00:02Z"}]', [0, 2000]],
])("%j", (text, offsets) => {
  expect(parseTrace(text, "t")).toEqual(offsets);
});

test.each(["", "\n\n", "[]", "{}", "now", "1\nsoon\n", "-5\n", "[null]"])("%j is no trace", (text) => {
  expect(() => parseTrace(text, "t.csv")).toThrow(UsageError);
});

test("says which line is wrong", () => {
  expect(() => parseTrace("at\n1\nx\n", "t.csv")).toThrow(/t\.csv, line 3: "x" is no time/);
});

test("twice the speed is half the time; order does not matter", () => {
  const times = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1 });
  fc.assert(
    fc.property(times, fc.integer({ min: 1, max: 10 }), (offsets, speed) => {
      const once = parseTrace(JSON.stringify(offsets), "t");
      const fast = parseTrace(offsets.join("\n"), "t", speed);
      expect(fast).toEqual(once.map((at) => at / speed));
      expect(once).toEqual(once.toSorted((a, b) => a - b));
      expect(once[0]).toBe(0);
    }),
  );
});
