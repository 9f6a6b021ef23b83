import { expect, test } from "vitest";
import { names } from "../serving/bars.ts";
import { demandLessCpu, demandOverPeers, toBars } from "./bars.ts";

const most = {
  peers: {
    [names.slipway]: { "req/s": [900, 1_000, 1_100], "CPU µs a request": [10, 20, 10] },
    FastAPI: { "req/s": [300, 250, 300], "CPU µs a request": [500, 500, 700] },
    MLServer: { "req/s": [900, 100, 100], "CPU µs a request": [1, 1, 1] },
  },
};

test("medians of the ratios of each repeat are judged, against the best peer", () => {
  const [speed, cpu] = toBars([demandOverPeers(most), demandLessCpu(most, "FastAPI")]);
  expect(speed).toMatchObject({ value: "3.67 (3 to 4) over FastAPI", met: true });
  expect(cpu).toMatchObject({ value: "50 (25 to 70)", met: true });
});

test("a bar is met from its limit on, and what was not measured is neither met nor missed", () => {
  const bars = toBars([
    { figure: "more", bar: "≥ 0.95", values: [0.95] },
    { figure: "more", bar: "≥ 0.95", values: [0.949] },
    { figure: "less", bar: "≤ 1.5 s", values: [1.5] },
    { figure: "less", bar: "≤ 1.5 s", values: [1.51] },
    { figure: "nothing", bar: "≤ 1.5 s", values: [] },
  ]);
  expect(bars.map(({ met }) => met)).toEqual([true, false, true, false, null]);
});
