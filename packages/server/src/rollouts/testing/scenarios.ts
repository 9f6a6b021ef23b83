import type { ManifestRollout } from "@slipway/contract";
import type { Users } from "./sticky-users.ts";

/** Traffic in which the candidate is exactly as good as the champion, or `ratio` times as bad. */
export interface Scenario {
  readonly name: string;
  readonly section: ManifestRollout;
  /** Requests a second, on average. */
  readonly traffic: (second: number) => number;
  /** The champion's rate of a metric's events. */
  readonly rate: (metric: string, second: number) => number;
  /** The candidate's rate over it. */
  readonly ratio: number;
  /** Looks after every request that shows something, instead of every second. */
  readonly isContinuous: boolean;
  /** Who makes the traffic, with error rates of their own. Left out: requests have nothing to do with each other. */
  readonly users?: Users;
}

const usual: Readonly<Record<string, number>> = { errors: 0.02, refused: 0.01, latency: 0.05, wrong: 0.2 };
const rateOf = (metric: string): number => usual[metric] ?? 0.02;
const ramp = [1, 5, 10, 25, 50];

/** @param seconds how long the rollout would take if it never held */
const canaryAt = (share: number, seconds: number): ManifestRollout => ({
  strategy: "canary",
  steps: [{ traffic: `${share}%`, hold: `${seconds}s` }],
});

const rampFor = (seconds: number): ManifestRollout => ({
  strategy: "canary",
  steps: ramp.map((share) => ({ traffic: `${share}%`, hold: `${Math.round(seconds / ramp.length)}s` })),
});

/** Nothing is wrong with the candidate in any of them: whatever is rolled back is rolled back falsely. */
export function harmless(seconds: number): readonly Scenario[] {
  const still: Omit<Scenario, "name"> = {
    section: canaryAt(10, seconds),
    traffic: () => 80,
    rate: rateOf,
    ratio: 1,
    isContinuous: false,
  };
  // All of the alpha on one test, which is where most could go wrong.
  const errors = { guardrails: ["errors" as const] };
  return [
    { ...still, name: "no effect, three guardrails" },
    { ...still, name: "a look after every error", section: { ...still.section, ...errors }, isContinuous: true },
    {
      ...still,
      name: "shares from 1 to 50 %, errors from 2 to 10 %",
      section: { ...rampFor(seconds), ...errors },
      rate: (_, second) => 0.02 + 0.08 * Math.min(1, second / seconds),
    },
    {
      ...still,
      name: "errors between 1 and 8 %, and two outages",
      section: { ...still.section, ...errors },
      rate: (_, second) => {
        const isOutage = [0.3, 0.7].some((at) => Math.abs(second / seconds - at) < 0.02);
        return isOutage ? 0.5 : 0.045 + 0.035 * Math.sin((7 * second) / seconds);
      },
    },
    {
      ...still,
      name: "labels that come late, the bad ones first",
      section: { ...rampFor(seconds), guardrails: ["wrong"] },
      rate: (_, second) => 0.1 + 0.1 * Math.min(1, second / seconds),
    },
    {
      ...still,
      name: "traffic that comes and goes",
      section: { ...rampFor(seconds), ...errors },
      traffic: (second) => (second % 45 < 15 ? 240 : 0),
      rate: (_, second) => (second % 90 < 45 ? 0.01 : 0.06),
    },
    {
      ...still,
      name: "users who stay with their arm, some of whom fail always",
      section: { ...rampFor(seconds), ...errors, unit: "header:x-user" },
      // As many requests as to see heavy users for proof, were they counted.
      traffic: () => 120_000 / seconds,
      users: { count: 2000, tail: 1.02, rate: [0.05, 1] },
    },
  ];
}

/** Twice the errors at a tenth of the traffic, for as long as it takes. */
export const doubled: Scenario = {
  name: "2 % instead of 1 % errors at 10 %",
  section: { ...canaryAt(10, 1_000_000), guardrails: ["errors"], deadline: "30d" },
  traffic: () => 40,
  rate: () => 0.01,
  ratio: 2,
  isContinuous: false,
};
