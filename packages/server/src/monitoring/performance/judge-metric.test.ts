import { expect, test } from "vitest";
import { judgeMetric, type JudgeMetric } from "./judge-metric.ts";
import type { PerformanceWindow } from "./performance-window.ts";

const window: PerformanceWindow = {
  watched: { endpoint: "e", model: "m", version: 1 },
  window: { from: 0, to: 3_600_000 },
  slice: "",
  problem: "binary",
  target: { kind: "binary", prediction: "late", classes: ["no", "yes"], scores: [] },
  rows: 1000,
  labelled: 900,
  unusable: 0,
  state: "final",
  realised: { accuracy: { value: 0.8, standardError: 0.013, rows: 900 } },
  estimated: {},
  groups: [],
  custom: {},
  arrivals: { counts: [] },
  fingerprint: "",
  computedAt: 0,
};
const judge = (more: Partial<JudgeMetric> = {}) =>
  judgeMetric({
    metric: "accuracy",
    current: window,
    bounds: null,
    baseline: { value: 0.9, unitError: 0.3, spread: 0.005, rows: 10_000 },
    minRows: 100,
    maturity: 0.8,
    ...more,
  })[0]!;

test("a final window is held against its baseline, and says both figures", () => {
  const fallen = judge();
  expect(fallen).toMatchObject({ verdict: "fail", severity: "critical", value: 0.8, effect: expect.closeTo(-0.1, 12) });
  expect(fallen.message).toBe("Accuracy is 0.8 (before 0.9), beyond 0.8653, from 900 labelled predictions.");
  expect(fallen.p).toBeLessThan(1e-6);
  const held = judge({ baseline: { value: 0.81, unitError: 0.3, spread: 0.005, rows: 10_000 } });
  expect(held).toMatchObject({ verdict: "pass" });
});

test("bounds of the configuration stand in the place of learned ones; what chance may have crossed is a warning", () => {
  expect(judge({ bounds: { min: 0.7, max: null } })).toMatchObject({ verdict: "pass", threshold: 0.7 });
  expect(judge({ bounds: { min: 0.81, max: null } })).toMatchObject({ verdict: "fail", severity: "warning" });
  expect(judge({ bounds: { min: 0.9, max: null } })).toMatchObject({ verdict: "fail", severity: "critical" });
});

test.each([
  [
    { state: "provisional", labelled: 300 },
    "30 % of the predictions have labels; accuracy is judged from 80 % on (so far 0.8).",
  ],
  [{ labelled: 50 }, "50 labelled predictions are too few to judge accuracy: 100 are needed."],
  [{ labelled: 0, state: "unlabelled", realised: {} }, "No labels of 1000 predictions have come yet."],
  [{ labelled: 0, unusable: 7, realised: {} }, "7 labels have come, and none of them is what the model can answer."],
  [{ realised: {} }, "Accuracy is not defined for these 900 predictions."],
] as const)("too little to judge: %j", (more, message) => {
  expect(judge({ current: { ...window, ...more } })).toMatchObject({ verdict: "insufficient", message });
});

test("without a reference and a past there is nothing to hold it against", () => {
  expect(judge({ baseline: null })).toMatchObject({ verdict: "insufficient", value: 0.8 });
});
