import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTable, renderFacts, type Column } from "./table.ts";
import { textWidth } from "./text.ts";

interface Item {
  readonly name: string;
  readonly count: number | null;
  readonly text: string;
}

const columns: readonly Column<Item>[] = [
  { title: "name", value: (item) => item.name },
  { title: "count", value: (item) => item.count, align: "right" },
  { title: "text", value: (item) => item.text, flexible: true },
];

describe("createTable", () => {
  test("aligns, writes the heading once and a dash for nothing", () => {
    const table = createTable(columns, { now: 0 });
    expect(
      table([
        { name: "a", count: 1, text: "x" },
        { name: "flight-delay", count: null, text: "" },
      ]),
    ).toBe(["NAME          COUNT  TEXT", "a                 1  x", "flight-delay      -  -", ""].join("\n"));
    expect(table([{ name: "b", count: 20, text: "y" }])).toBe("b                20  y\n");
  });

  test("cuts only what may be cut, and fits the terminal", () => {
    const table = createTable(columns, { now: 0, width: 40 });
    const [, line = ""] = table([{ name: "flight-delay", count: 1, text: "long ".repeat(20) }]).split("\n");
    expect(textWidth(line)).toBe(40);
    expect(line).toMatch(/^flight-delay .*…$/);
  });

  test("nothing on record can move the cursor", () => {
    const table = createTable(columns, { now: 0 });
    const text = table([{ name: "\u001b[2Jx\r\ny\u202e", count: 1, text: "\u009b1A" }]);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text.split("\n")).toHaveLength(3);
  });

  test("columns stand below one another whatever the characters", () => {
    const item = fc.record({ name: fc.string({ unit: "grapheme" }), count: fc.nat(), text: fc.constant("|") });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1 }), (items) => {
        const lines = createTable(columns, { now: 0 })(items).trimEnd().split("\n").slice(1);
        const starts = lines.map((line) => textWidth(line.slice(0, line.lastIndexOf("|"))));
        expect(new Set(starts).size).toBe(1);
      }),
    );
  });
});

test("renderFacts leaves out what is empty and indents further lines", () => {
  const text = renderFacts([
    ["version", "a@1"],
    ["in", "x\ny"],
    ["no", null],
  ]);
  expect(text).toBe("version  a@1\nin       x\n         y\n");
});
