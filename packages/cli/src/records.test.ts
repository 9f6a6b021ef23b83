import { describe, expect, test } from "vitest";
import { UsageError } from "./exit-codes.ts";
import { parseRecords } from "./records.ts";

describe("parseRecords", () => {
  test("one record, a list, JSON Lines", () => {
    expect(parseRecords('{"a": 1}', "x")).toEqual({ form: "one", items: [{ a: 1 }] });
    expect(parseRecords('[{"a": 1}, {"a": 2}]', "x")).toEqual({ form: "list", items: [{ a: 1 }, { a: 2 }] });
    expect(parseRecords('{"a": 1}\r\n\n{"a": 2}\n', "x")).toEqual({ form: "lines", items: [{ a: 1 }, { a: 2 }] });
    expect(parseRecords("[]", "x")).toEqual({ form: "list", items: [] });
  });

  test("a record over several lines is one record", () => {
    expect(parseRecords('{\n"a":\n1}\n', "x").form).toBe("one");
  });

  test("64-bit integers keep their digits, everything else its number", () => {
    const { items } = parseRecords('{"n": 9007199254740993, "f": 1e300, "i": -5, "g": 0.1}', "x");
    expect(items[0]).toEqual({ n: 9007199254740993n, f: 1e300, i: -5, g: 0.1 });
  });

  test.each([
    ["", "empty"],
    ["  \n", "empty"],
    ["{a: 1}", "not JSON"],
    ['{"a": 1}\n{"a": }', "line 2"],
    ['{"a": 1}\n[1]', "line 2"],
    ["5", "no record"],
    ['[{"a": 1}, 5]', "item 1"],
  ])("%j is refused: %s", (text, message) => {
    expect(() => parseRecords(text, "flights.json")).toThrow(UsageError);
    expect(() => parseRecords(text, "flights.json")).toThrow(message);
  });
});
