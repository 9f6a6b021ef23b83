import { parseManifest, type ManifestRollout } from "@slipway/contract";
import { expect, test } from "vitest";
import { resolveRollout } from "./resolve.ts";
import { toTraffic } from "./traffic.ts";
import { makeRollout, stepping } from "./testing/given.ts";

/** As `slipway.yaml` has it. */
function resolve(section: ManifestRollout) {
  const { rollout } = parseManifest({ slipway: 1, name: "flights", rollout: section });
  return resolveRollout(rollout === "none" || rollout === undefined ? {} : rollout);
}

const shares = (section: ManifestRollout) =>
  resolve(section).steps.map((step) => (step.kind === "approve" ? step.who : `${step.kind} ${step.share / 100}`));

test("each strategy has steps, guardrails and an end of its own", () => {
  expect(resolve({})).toMatchObject({ strategy: "canary", finish: "promote", alpha: 0.05, control: "rest" });
  expect(shares({})).toEqual(["traffic 1", "traffic 5", "traffic 10", "traffic 25", "traffic 50", "traffic 100"]);
  expect(resolve({}).guardrails.map(({ name }) => name)).toEqual(["errors", "refused", "latency"]);
  expect(resolve({ strategy: "immediate" })).toMatchObject({ steps: [], guardrails: [], finish: "promote" });
  expect(resolve({ strategy: "shadow" })).toMatchObject({
    steps: [{ kind: "shadow", share: 10_000 }],
    finish: "report",
  });
  expect(shares({ strategy: "blue-green" })).toEqual(["traffic 100"]);
  const testers = [{ name: "testers", header: "x-team", values: [true, 7] }];
  expect(shares({ strategy: "blue-green", rules: testers })).toEqual(["traffic 0", "traffic 100"]);
  expect(resolve({ rules: testers }).rules).toMatchObject([{ values: ["true", "7"], arm: "challenger", field: null }]);
  const ab = resolve({ strategy: "ab", deadline: "7d" });
  expect(ab).toMatchObject({ steps: [{ share: 5000, holdMs: ab.deadlineMs }], finish: "report" });
});

test("alpha is spent over the guardrails: who has an own keeps it, the rest share what is left", () => {
  const { guardrails } = resolve({ guardrails: ["errors", { metric: "wrong", alpha: 0.02 }, "latency"] });
  expect(guardrails.map(({ alpha }) => Math.round(alpha * 1e6) / 1e6)).toEqual([0.015, 0.02, 0.015]);
  expect(resolve({ guardrails: [{ metric: "wrong", alpha: 0.05 }] }).guardrails[0]?.alpha).toBe(0.05);
});

test("a guardrail of Prometheus is a bound, and spends nothing", () => {
  const prometheus = { url: "https://prometheus.example", query: "lost" };
  const { guardrails, limits } = resolve({ guardrails: ["errors", { name: "lost", prometheus, max: 0.1 }] });
  expect(guardrails.map(({ name, alpha }) => [name, alpha])).toEqual([["errors", 0.05]]);
  expect(limits).toMatchObject([{ name: "lost", source: { kind: "prometheus", query: "lost" }, max: 0.1, min: null }]);
});

const wrong: readonly [string, ManifestRollout][] = [
  ["which leaves nothing", { guardrails: ["errors", { metric: "wrong", alpha: 0.05 }] }],
  ["spend an alpha of 0.06", { guardrails: [{ metric: "wrong", alpha: 0.06 }] }],
  ["is there twice", { guardrails: ["errors", { metric: "errors" }] }],
  ["less of the traffic than", { steps: [{ traffic: "10%" }, { traffic: "5%" }] }],
  ["less of the traffic than", { steps: [{ traffic: "10%" }, { shadow: "5%" }] }],
  ["at most 50 %", { control: "equal", steps: [{ traffic: "60%" }] }],
  ["no goal", { steps: [{ traffic: "60%", prove: true }] }],
  ["sees nothing", { steps: [{ shadow: "0%" }] }],
];

test.each(wrong)("refused: %s", (message, section) => {
  expect(() => resolve(section)).toThrow(message);
});

test("the control has as much as the challenger and never a bucket of it; approval changes no traffic", () => {
  const section: ManifestRollout = {
    unit: "user",
    control: "equal",
    steps: [{ shadow: "20%" }, { approve: "bob" }, { traffic: "50%" }, { approve: "bob" }, { traffic: "100%" }],
  };
  const at = (step: number) => {
    const rollout = makeRollout(section, stepping(step));
    return toTraffic(rollout, rollout.status);
  };
  expect(at(0).traffic).toMatchObject({ arms: [], shadows: [{ version: 2, share: 2000 }] });
  expect(at(1)).toEqual(at(0));
  const half = [
    { name: "challenger", version: 2, from: 0, share: 5000 },
    { name: "control", version: 1, from: 5000, share: 5000 },
  ];
  expect(at(2)).toMatchObject({ target: 1, traffic: { unit: "user", seed: "r", arms: half, shadows: [] } });
  expect(at(3)).toEqual(at(2));
  expect(at(4).traffic.arms).toEqual([{ name: "challenger", version: 2, from: 0, share: 10_000 }]);
});
