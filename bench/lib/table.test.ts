import { expect, test } from "vitest";
import { alternate, median, ratios, toFigure, toTable } from "./table.ts";

test("peers take turns, and a table shows medians with their range", async () => {
  const order: string[] = [];
  let n = 0;
  const peer = (name: string) => async () => {
    order.push(name);
    n += 1;
    return { "req/s": n * 1000 };
  };
  const comparison = await alternate(3, { echo: peer("a"), slipway: peer("b") });
  expect(order.join("")).toBe("ababab");
  expect(toTable(comparison)).toBe(
    [
      "| figure | echo | slipway |",
      "|---|---|---|",
      "| req/s | 3,000 (1,000 to 5,000) | 4,000 (2,000 to 6,000) |",
    ].join("\n"),
  );
  expect(ratios(comparison, { figure: "req/s", of: "slipway", to: "echo" })).toEqual([2, 4 / 3, 6 / 5]);
});

test("medians and figures", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  expect([toFigure(0.98765), toFigure(12.34), toFigure(44_321.4)]).toEqual(["0.988", "12.3", "44,321"]);
});
