import { describe, expect, test } from "vitest";
import {
  resolveRollout,
  terminalPhases,
  type Evidence,
  type Explanation,
  type Phase,
  type Rollout,
  type RolloutStatus,
} from "../../rollouts/index.ts";
import { schemas } from "@slipway/contract";
import { toExplanationView } from "./rollout-explanation.ts";

const spec = resolveRollout({ steps: [{ traffic: "10%" }, { approve: "ann" }, { traffic: "50%" }] });

function explained(status: Partial<RolloutStatus>, more: Partial<Explanation> = {}) {
  const begun: RolloutStatus = {
    phase: "stepping",
    step: 0,
    enteredAt: 5,
    paused: false,
    released: null,
    held: null,
    conditions: {},
    verdict: null,
    reason: "2 gates are asked.",
    seq: 3,
    revision: 1,
  };
  const rollout: Rollout = {
    id: "r-1",
    endpoint: "fraud",
    model: "fraud",
    from: 1,
    to: 2,
    strategy: "canary",
    spec,
    status: { ...begun, ...status },
    author: "bob",
    message: null,
    createdAt: 0,
    updatedAt: 5,
  };
  const next = { kind: "step", step: 1 } as const;
  return { rollout, sight: null, needs: [], next, earliestAt: null, ...more };
}

const view = (...of: Parameters<typeof explained>) => toExplanationView(explained(...of), []);
const proof: Evidence = {
  metric: "errors",
  role: "guardrail",
  verdict: "fail",
  message: "More failed.",
  arms: [{ arm: "challenger", n: 10, events: 10, mean: 1 }],
  estimate: Number.NaN,
  interval: [0.1, Number.POSITIVE_INFINITY],
  eValue: Number.POSITIVE_INFINITY,
  p: 0,
  alpha: 0.05,
  window: [0, 5],
};

describe("explain", () => {
  test("says where it stands and what comes next, who is waited for, and what can be done", () => {
    expect(view({})).toMatchObject({
      stands: "Step 1 of 3: fraud@2 has 10 % of the traffic.",
      next: { kind: "step", step: 1, message: "Step 2 of 3: ann has to agree." },
      commands: expect.arrayContaining(["slipway rollout pause fraud", "slipway rollout abort fraud"]),
    });
    const held = { reason: "approval", since: 5, message: "It waits for the approval of ann." } as const;
    const waits = view({ step: 1, held }, { next: { kind: "step", step: 2 } });
    expect(waits.stands).toBe("Step 2 of 3: fraud@2 has 10 % of the traffic. It waits for the approval of ann.");
    expect(waits.next.message).toBe("Step 3 of 3: fraud@2 gets 50 % of the traffic.");
    expect(waits.commands[0]).toBe("slipway rollout approve fraud");
    expect(view({ paused: true }).commands[0]).toBe("slipway rollout resume fraud");
  });

  test("of gates that did not decide says that nobody asks them again, and what a person can do", () => {
    const held = { reason: "metric_error", since: 5, message: "own_check: no such file" } as const;
    const waits = view({ phase: "gating", step: -1, held });
    expect(waits).toMatchObject({
      stands: expect.stringMatching(/did not decide .* a person .* own_check: no such file/u),
      rollout: { held: { for_person: true } },
    });
    expect(waits.commands[0]).toBe("slipway rollout skip-step fraud");
    // The same of a metric is looked at again.
    expect(view({ held }).rollout.held).toMatchObject({ for_person: false });
  });

  test("messages of several lines are one", () => {
    const held = { reason: "metric_error", since: 5, message: "Parser Error:\n  SELECT\n  ^" } as const;
    const sight = { step: 0, lookedAt: 5, samples: 0, labels: 0, gates: null, inForce: true, trouble: "a\nb" };
    const told = toExplanationView(
      { ...explained({ held }), sight: { ...sight, evidence: [{ ...proof, message: "More\nfailed." }] } },
      [],
    );
    expect(told).toMatchObject({ trouble: "a b", evidence: [{ message: "More failed." }] });
    expect(told.rollout.held?.message).toBe("Parser Error: SELECT ^");
  });

  test("has a sentence for every phase, and commands that fit", () => {
    for (const phase of schemas.rolloutPhases satisfies readonly Phase[]) {
      const { stands, commands } = view({ phase });
      expect(stands.length, phase).toBeGreaterThan(10);
      expect(
        commands.some((line) => line.includes("abort")),
        phase,
      ).toBe(phase === "stepping" || phase === "gating");
      if (terminalPhases.has(phase)) expect(commands).toEqual(["slipway rollout events fraud"]);
    }
  });

  test("of one that has ended shows what decided it; JSON has no infinity", () => {
    const over = explained({ phase: "rolled_back", reason: "More failed." }, { next: { kind: "none" } });
    const shown = toExplanationView(over, [proof]);
    expect(shown.stands).toBe("fraud@2 was taken back; @1 has all traffic. More failed.");
    expect(shown.evidence).toMatchObject([{ metric: "errors", estimate: null, interval: [0.1, null], e_value: 1e300 }]);
    expect(schemas.rolloutExplanation.safeParse(JSON.parse(JSON.stringify(shown))).success).toBe(true);
  });
});
