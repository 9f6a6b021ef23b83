import { describe, expect, test } from "vitest";
import type { ManifestRollout } from "@slipway/contract";
import { resolveRollout } from "../resolve.ts";
import { foresee } from "./forecast.ts";
import type { PresentTraffic } from "./present-traffic.ts";

const hour = 3_600_000;

/** 40 requests a second for an hour, of which 1 % fail. */
const busy: PresentTraffic = {
  from: 0,
  to: hour,
  requests: 144_000,
  rows: 144_000,
  requestsPerSecond: 40,
  rowsPerSecond: 40,
  serving: { requests: 144_000, errors: 1440, refused: 0, fallbacks: 0, latency: [] },
  labels: null,
};

function plan(section: ManifestRollout, traffic: PresentTraffic | null = busy) {
  const spec = resolveRollout(section);
  const versions = { endpoint: "fraud", model: "fraud", from: 1, to: 2, supersedes: null };
  return foresee({ ...versions, spec }, traffic);
}

/** One guardrail, which may spend 0.05. */
const errors: ManifestRollout = { guardrails: ["errors"], steps: [{ traffic: "1%", hold: "1h" }] };

describe("how long a rollout takes at the present traffic", () => {
  test("a doubling of an error rate of 1 %, at 40 requests a second and 1 % of the traffic", () => {
    const [metric] = plan(errors).metrics;
    expect(metric).toMatchObject({ metric: "errors", alpha: 0.05, share: 100, baseRate: 0.01, ratio: 2, inTime: true });
    // 87,000 requests in the median of simulations, which is 36 minutes.
    expect(metric!.requests! / 87_000).toBeGreaterThan(0.75);
    expect(metric!.requests! / 87_000).toBeLessThan(1.25);
    expect(metric!.message).toMatch(
      /^At 40 requests a second and 1 %, twice the 1 % of requests that fail is seen after about \d+ min.*\(\d\d,000 requests\)\.$/,
    );
  });

  test("evidence of one step counts in the next", () => {
    const steps = [
      { traffic: "1%", hold: "5m" },
      { traffic: "10%", hold: "30m" },
    ];
    const [metric] = plan({ ...errors, steps }).metrics;
    expect(metric).toMatchObject({ share: 100, inTime: true });
    expect(metric!.message).toMatch(/; as planned in the second step, after about \d+ min/);
  });

  test("what its steps are too short for is said, with what to do", () => {
    const { metrics, advice } = plan({ ...errors, steps: [{ traffic: "1%", hold: "2m" }, { traffic: "100%" }] });
    expect(metrics[0]).toMatchObject({ inTime: false });
    expect(metrics[0]!.message).toMatch(/; its steps end before that\.$/);
    expect(advice.map(({ command }) => command)).toEqual([
      "slipway compare fraud@1 fraud@2 --on logged:7d",
      "slipway rollout start fraud@2 --strategy shadow",
    ]);
    expect(plan(errors).advice).toEqual([]);
  });

  test("of what happens to next to none, a rate that matters is reckoned with", () => {
    const [metric] = plan({ ...errors, guardrails: ["refused"] }).metrics;
    expect(metric).toMatchObject({ baseRate: 0, inTime: true });
    expect(metric!.message).toMatch(/1 % of requests that are refused \(none of 140,000 now\) is seen/);
  });

  test("an equal control has half of what is compared, and the others do not count", () => {
    const [rest] = plan({ ...errors, steps: [{ traffic: "50%", hold: "1h" }] }).metrics;
    const [equal] = plan({ ...errors, control: "equal", steps: [{ traffic: "5%", hold: "1h" }] }).metrics;
    expect(equal!.requests).toBe(rest!.requests);
    // A tenth of the traffic is in either arm.
    expect(equal!.takesMs! / rest!.takesMs!).toBeCloseTo(10, 1);
  });

  test("rows and labels take their time, a hold takes its own, a person takes nobody knows how long", () => {
    const labels = { wrong: 0.2, rows: 10_000, perSecond: 10, delayMs: hour };
    const { steps, takesMs } = plan(
      {
        ...errors,
        steps: [
          { shadow: "100%", hold: "1m", min_samples: 24_000 },
          { traffic: "10%", hold: "30m", min_samples: 100 },
          { approve: "anyone", timeout: "1d" },
          { traffic: "50%", min_labels: 100 },
          { traffic: "100%", bake: "30m" },
        ],
      },
      { ...busy, labels },
    );
    expect(steps.map(({ takesMs: ms, because }) => [ms === null ? null : ms / 60_000, because])).toEqual([
      [10, "min_samples"],
      [30, "hold"],
      [null, "approval"],
      [60 + 100 / 5 / 60, "min_labels"],
      [30, "bake"],
    ]);
    expect(takesMs! / 60_000).toBeCloseTo(130.3, 1);
  });

  test("without traffic nobody can say", () => {
    const { metrics, takesMs, advice } = plan({ ...errors, steps: [{ traffic: "1%", min_samples: 10 }] }, null);
    expect(takesMs).toBeNull();
    expect(metrics[0]).toMatchObject({ requests: null, takesMs: null, inTime: null });
    expect(advice[0]?.command).toBe("slipway compare fraud@1 fraud@2 --on logged:7d");
  });

  test("a query of one's own is not reckoned with, and all else has a sentence too", () => {
    const guardrails = ["latency", "wrong", "brier", { name: "value", sql: "select arm, value from x" }] as const;
    const { metrics } = plan({ ...errors, guardrails: [...guardrails] });
    expect(metrics.map(({ requests, message }) => [requests, message.length > 20])).toEqual(
      guardrails.map(() => [null, true]),
    );
  });
});
