import { expect, test } from "vitest";
import { flatten, toCell } from "./predict.ts";

test("a class stands with its probability, anything else as it is", () => {
  expect(toCell({ class: "late", probabilities: { on_time: 0.4137, late: 0.58625 } })).toBe("late (0.586)");
  expect(toCell({ class: "late" })).toBe('{"class":"late"}');
  expect(toCell("ATL")).toBe("ATL");
  expect([toCell(null), toCell(0.5), toCell([1, 2])]).toEqual(["null", "0.5", "[1,2]"]);
});

test("for a CSV, fields of fields become columns", () => {
  const late = { class: "late", probabilities: { on_time: 0.4, late: 0.6 } };
  expect(flatten({ late, raw: [1, 2], none: null })).toEqual({
    "late.class": "late",
    "late.probabilities.on_time": 0.4,
    "late.probabilities.late": 0.6,
    raw: [1, 2],
    none: null,
  });
});
