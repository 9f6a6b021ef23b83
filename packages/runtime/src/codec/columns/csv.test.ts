import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCsv } from "./csv.ts";

const parse = (text: string) => Object.fromEntries(parseCsv(Buffer.from(text)));

test("a header names the columns; ends of lines of every system; empty lines are left out", () => {
  const expected = { a: ["1", "3"], b: ["2", "4"] };
  expect(parse("a,b\n1,2\n3,4\n")).toEqual(expected);
  expect(parse("a,b\r\n1,2\r\n\r\n3,4")).toEqual(expected);
  expect(parse("\uFEFFa,b\r1,2\r3,4\r")).toEqual(expected);
});

test("quotes hold commas, quotes and ends of lines", () => {
  expect(parse('"a b",c\n"x, ""y""\nz",1\n')).toEqual({ "a b": ['x, "y"\nz'], c: ["1"] });
});

test("what pandas takes for missing is null, also at the end of a short row", () => {
  expect(parse("a,b,c\n,NA,nan\n1\n1,,\n")).toEqual({
    a: [null, "1", "1"],
    b: [null, null, null],
    c: [null, null, null],
  });
});

test("a name that stands twice means the first column", () => {
  expect(parse("a,a,b\n1,2,3\n")).toEqual({ a: ["1"], b: ["3"] });
});

test.each([
  ["", /no header/],
  ["\n\n", /no header/],
  ["a,b\n1,2,3\n", /row 1 has 3 values/],
  ['a\n"1', /never closed/],
  ['a\n"1"2\n', /after the end of a quoted value/],
])("%j is refused", (text, message) => {
  expect(() => parse(text)).toThrow(message);
});

test("bytes that are no UTF-8 are refused", () => {
  expect(() => parseCsv(new Uint8Array([0x61, 0x0a, 0xff]))).toThrow(/not UTF-8/);
});

const field = fc.string({ unit: fc.constantFrom("a", "ä", "🙂", '"', ",", "\n", "\r", " ", "0"), maxLength: 6 });

test("every table comes back as it was written", () => {
  const table = fc
    .integer({ min: 1, max: 5 })
    .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width })));
  fc.assert(
    fc.property(table, (rows) => {
      const width = rows[0]?.length ?? 1;
      const names = Array.from({ length: width }, (_, c) => `c${c}`);
      const lines = [names, ...rows].map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(","));
      const columns = [...parseCsv(Buffer.from(lines.join("\n"))).values()];
      // A row of one empty field is an empty line, quoted or not.
      const kept = width === 1 ? rows.filter(([only]) => only !== "") : rows;
      expect(columns).toEqual(names.map((_, c) => kept.map((row) => (row[c] === "" ? null : row[c]))));
    }),
  );
});
