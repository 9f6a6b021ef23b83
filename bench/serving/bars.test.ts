import { expect, test } from "vitest";
import { toBarTable } from "../lib/bar.ts";
import { chooseRate, findBest, listBars, names, type WorkResult } from "./bars.ts";
import { findChosen, mergeChoice } from "./choice.ts";
import type { Variant } from "./variant.ts";

const rates = (of: Record<string, readonly number[]>, figure = "req/s") => ({
  peers: Object.fromEntries(Object.entries(of).map(([name, values]) => [name, { [figure]: values }])),
});
const empty = { peers: {} };

const iris: WorkResult = {
  work: "iris",
  most: rates({
    [names.slipway]: [1_000, 1_200, 1_100],
    [names.slipwayGrpc]: [400, 300, 330],
    [names.mlserverGrpc]: [200, 100, 200],
    [names.echo]: [1_250, 1_200, 1_000],
    FastAPI: [100, 90, 100],
    MLflow: [50, 300, 50],
  }),
  atRate: rates({ [names.slipway]: [300], FastAPI: [900], MLflow: [5_000] }, "p99 µs"),
  idle: rates({ [names.slipway]: [250, 260], [names.raw]: [50, 10] }, "p50 µs"),
};

test("the best peer is judged by its median, and is none of ours", () => {
  expect(findBest(iris.most, "req/s", "highest")).toBe(names.mlserverGrpc);
  expect(findBest(iris.atRate, "p99 µs", "lowest")).toBe("FastAPI");
  expect(findBest(rates({ [names.slipway]: [1], [names.raw]: [2] }), "req/s", "highest")).toBe(null);
});

test("bars are ratios of repeats, met or not", () => {
  const bars = listBars([iris]);
  const find = (part: string) => bars.find(({ figure }) => figure.startsWith("iris") && figure.includes(part));
  expect(find("best Python peer, logging")).toMatchObject({ value: "5.5 (5 to 12) over MLServer gRPC", met: false });
  expect(find("p99")).toMatchObject({ value: "0.333 of FastAPI", met: false });
  expect(find("echo")).toMatchObject({ value: "1 (0.8 to 1.1)", met: true });
  expect(find("added")).toMatchObject({ value: "0.225 (0.2 to 0.25)", met: true });
  expect(find("our gRPC over our HTTP")).toMatchObject({ value: "0.3 (0.25 to 0.4)", met: true });
  expect(find("our gRPC over MLServer")).toMatchObject({ value: "2 (1.65 to 3)", met: true });
});

test("what was not measured is neither met nor missed", () => {
  const bars = listBars([{ ...iris, most: empty, atRate: empty, idle: empty }]);
  expect(new Set(bars.map(({ met }) => met))).toEqual(new Set([null]));
  expect(toBarTable(bars.slice(0, 1))).toContain("| ≥ 10 | not measured in this run |  |");
});

test("a rate that a contestant can carry", () => {
  expect([chooseRate(1_000, 1_000), chooseRate(1_000, 625), chooseRate(1_000, 624), chooseRate(1_000, 1)]).toEqual([
    500, 500, 312, 1,
  ]);
});

test("a peer takes part with what did best in the trial, or else with its first variant", () => {
  const variants = ["ONNX", "scikit-learn"].map((name) => ({ name }) as Variant);
  const choices = mergeChoice({}, { work: "iris", peer: "MLflow", tried: { ONNX: 10, "scikit-learn": 30, gone: 90 } });
  expect(choices["iris"]?.["MLflow"]).toEqual(["gone", "scikit-learn", "ONNX"]);
  expect(findChosen(choices, { work: "iris", peer: "MLflow", variants })?.name).toBe("scikit-learn");
  expect(findChosen(choices, { work: "mlp", peer: "MLflow", variants })?.name).toBe("ONNX");
});
