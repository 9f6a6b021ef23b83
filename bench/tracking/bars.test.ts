import { expect, test } from "vitest";
import { toBarTable } from "../lib/bar.ts";
import { toBar, toRatioLine, toRatios } from "./bars.ts";
import { toRunContent } from "./content.ts";

const comparison = {
  peers: {
    Slipway: { "requests/s": [400, 900], "p50 ms": [2, 1] },
    MLflow: { "requests/s": [10, 10], "p50 ms": [20, 30] },
  },
};

test("ratios say how much better we are, repeat by repeat, whichever way the figure points", () => {
  expect(toRatios(comparison, { figure: "requests/s", theirs: "MLflow", more: "better" })).toEqual([40, 90]);
  expect(toRatios(comparison, { figure: "p50 ms", theirs: "MLflow", more: "worse" })).toEqual([10, 30]);
  expect(toRatios(comparison, { figure: "p50 ms", theirs: "MLflow, 4 workers", more: "worse" })).toEqual([]);
  expect(toRatioLine(comparison, "MLflow")).toBe("requests/s 65x, p50 ms 20x");
});

test("a bar is met by the median, and by nothing where nothing was measured", () => {
  expect(toBar({ figure: "a", atLeast: 40, unit: "x" }, [39, 41, 100])).toMatchObject({ bar: "≥ 40x", met: true });
  expect(toBar({ figure: "a", atLeast: 40, unit: "x" }, [39, 39, 100])).toMatchObject({ met: false });
  expect(toBar({ figure: "a", atMost: 50, unit: " ms" }, [49, 51, 52])).toMatchObject({ bar: "≤ 50 ms", met: false });
  expect(toBar({ figure: "a", atMost: 50 }, [])).toMatchObject({ met: null });
  expect(toBarTable([toBar({ figure: "a", atMost: 50 }, [51])])).toContain("| a | ≤ 50 | 51 | **not met** |");
});

test("a run of the data set is the same on every server, and no two have the same metrics", () => {
  expect(toRunContent(7)).toEqual(toRunContent(7));
  const values = Array.from({ length: 2_000 }, (_, at) => toRunContent(at).metrics.map(({ value }) => value)).flat();
  expect(new Set(values).size).toBe(values.length);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
});
